import type { AgentError } from '../../../base/agent-error.ts'
import type { Grant } from '../../../protocol/api/access.ts'
import { isAllowed, PERMISSIONS_OF, type Permission } from '../../../protocol/api/people/permissions.ts'
import type { ClusterRole } from '../../../protocol/names.ts'
import { refusal } from '../../domain/admission.ts'

export type Grants = readonly Grant[]

export const EVERYTHING: Grants = [{ role: 'admin', project: null }]

/** What one must be permitted in the controller to have a role in a cluster. */
export const WANTED_FOR: Readonly<Record<ClusterRole, Permission>> = {
  view: 'view',
  edit: 'operate',
  admin: 'administrate',
}

/** Whether the grants have every permission of another one, so that their holder may give it to others. */
export function covers(grants: Grants, { role, project }: Grant): boolean {
  return PERMISSIONS_OF[role].every((permission) => isAllowed(grants, permission, project))
}

export function notPermitted(name: string, wanted: readonly Permission[], project: string | null): AgentError {
  const where = project === null ? '' : ` in project ${project}`
  const found = `${name} has no permission to ${wanted.join(' or ')}${where}`
  return refusal('identity/not-permitted', found, 'ask an administrator for a role with this permission')
}
