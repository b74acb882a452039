/** What people and programs may do. */
export const PERMISSIONS = ['view', 'operate', 'approve', 'administrate'] as const
export type Permission = (typeof PERMISSIONS)[number]

/** Each role has the permission to view. `operator`: to configure and provision; `approver`: to approve nodes; `admin`: to do everything. */
export const ROLES = ['viewer', 'operator', 'approver', 'admin'] as const
export type Role = (typeof ROLES)[number]

export const PERMISSIONS_OF: Readonly<Record<Role, readonly Permission[]>> = {
  viewer: ['view'],
  operator: ['view', 'operate'],
  approver: ['view', 'approve'],
  admin: ['view', 'operate', 'approve', 'administrate'],
}

interface Granted {
  role: Role
  project: string | null
}

/** Whether the grants have a permission in a project; `null`: for everything. */
export function isAllowed(grants: readonly Granted[], permission: Permission, project: string | null): boolean {
  return grants.some((each) => isIn(each, project) && PERMISSIONS_OF[each.role].includes(permission))
}

export function isAllowedSomewhere(grants: readonly Granted[], permission: Permission): boolean {
  return grants.some(({ role }) => PERMISSIONS_OF[role].includes(permission))
}

const isIn = (grant: Granted, project: string | null) => grant.project === null || grant.project === project
