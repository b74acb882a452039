import { type Command, InvalidArgumentError, Option } from 'commander'
import { type Grant, ROLES } from '../../../protocol/api/access.ts'
import { Label } from '../../../protocol/names.ts'

/** `--role ROLE` or `--role ROLE@PROJECT`, several times. */
export function withRoles(command: Command): Command {
  const meaning = 'for everything, or with @PROJECT for the clusters of a project; repeatable'
  return command.addOption(
    new Option('--role <role@project>', meaning).choices(ROLES).argParser(grantOf).makeOptionMandatory(),
  )
}

function grantOf(text: string, before: Grant[] = []): Grant[] {
  const [name, project, ...more] = text.split('@')
  const role = ROLES.find((each) => each === name)
  const isProject = project === undefined || Label.safeParse(project).success
  if (role && isProject && more.length === 0) return [...before, { role, project: project ?? null }]
  throw new InvalidArgumentError(`It must be ${ROLES.join(', ')}, with or without @PROJECT.`)
}

/** `admin, viewer@berlin`. */
export function rolesText(grants: readonly Grant[]): string {
  return grants.map(({ role, project }) => (project === null ? role : `${role}@${project}`)).join(', ') || 'none'
}
