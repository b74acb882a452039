import type { Grant } from '../../../protocol/api/access.ts'

/** `admin`, or `operator in berlin`. */
export const grantText = ({ role, project }: Grant): string => (project === null ? role : `${role} in ${project}`)

export const grantsText = (grants: readonly Grant[]): string => grants.map(grantText).join(', ')

/** A grant with a project that nobody has typed yet. */
export interface GrantDraft {
  role: Grant['role']
  /** Empty: for everything. */
  project: string
}

export const draftOf = ({ role, project }: Grant): GrantDraft => ({ role, project: project ?? '' })

/** What the drafts say, each once. */
export function grantsOf(drafts: readonly GrantDraft[]): Grant[] {
  const found = new Map<string, Grant>()
  for (const { role, project } of drafts) {
    const name = project.trim()
    const grant = { role, project: name === '' ? null : name }
    found.set(grantText(grant), grant)
  }
  return [...found.values()]
}
