import type { Grant } from '../../protocol/api/access.ts'
import { isAllowed, isAllowedSomewhere, type Permission } from '../../protocol/api/people/permissions.ts'

const ROLE_FOR: Record<Permission, string> = {
  view: 'viewer',
  operate: 'operator',
  approve: 'approver',
  administrate: 'admin',
}

/** Why somebody may not do something in a project (`null`: for everything); undefined if they may. */
export function whyNot(
  grants: readonly Grant[],
  permission: Permission,
  project: string | null | 'any',
): string | undefined {
  const may = project === 'any' ? isAllowedSomewhere(grants, permission) : isAllowed(grants, permission, project)
  if (may) return undefined
  const where = project === null ? 'for everything' : project === 'any' ? 'in a project' : `in project ${project}`
  const roles = permission === 'administrate' ? ROLE_FOR[permission] : `${ROLE_FOR[permission]} or admin`
  return `You need the role ${roles} ${where}. Ask an administrator.`
}
