import type { Grant, Permission, Role } from './access.ts'

/** Without schemas, for the web console. */
export const PERMISSIONS_OF: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ['view'],
  operator: ['view', 'operate'],
  approver: ['view', 'approve'],
  admin: ['view', 'operate', 'approve', 'administrate'],
}

/** Whether the grants have a permission in a project; `null`: for everything. */
export function isAllowed(grants: readonly Grant[], permission: Permission, project: string | null): boolean {
  return grants.some((each) => isIn(each, project) && PERMISSIONS_OF[each.role].includes(permission))
}

export function isAllowedSomewhere(grants: readonly Grant[], permission: Permission): boolean {
  return grants.some(({ role }) => PERMISSIONS_OF[role].includes(permission))
}

const isIn = (grant: Grant, project: string | null) => grant.project === null || grant.project === project
