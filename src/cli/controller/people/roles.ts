import { type Command, InvalidArgumentError, Option } from 'commander'
import type { Grant } from '../../../protocol/api/access.ts'
import { ROLES } from '../../../protocol/api/people/permissions.ts'
import { Label } from '../../../protocol/names.ts'

/** `--role ROLE` or `--role ROLE@PROJECT`, several times. */
export function withRoles(command: Command): Command {
  const meaning = 'for everything, or with @PROJECT for the clusters of a project; repeatable'
  return command.addOption(
    new Option('--role <role@project>', meaning).choices(ROLES).argParser(grantOf).makeOptionMandatory(),
  )
}

function grantOf(text: string, before: Grant[] = []): Grant[] {
  const grant = roleIn(text)
  if (grant) return [...before, grant]
  throw new InvalidArgumentError(`It must be ${ROLES.join(', ')}, with or without @PROJECT.`)
}

/** `ROLE` or `ROLE@PROJECT`; undefined for anything else. */
export function roleIn(text: string): Grant | undefined {
  const [name, project, ...more] = text.split('@')
  const role = ROLES.find((each) => each === name)
  const isProject = project === undefined || Label.safeParse(project).success
  return role && isProject && more.length === 0 ? { role, project: project ?? null } : undefined
}

/** `admin, viewer@berlin`. */
export function rolesText(grants: readonly Grant[]): string {
  return grants.map(({ role, project }) => (project === null ? role : `${role}@${project}`)).join(', ') || 'none'
}
