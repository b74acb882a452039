import type { CheckParams } from './check.ts'

type NodeRole = CheckParams['roles'][number]

/**
 * Roles that this machine must be fit for, and those that it only may get. Before an administrator gave it a role it
 * must do as a worker, and what a master would lack is worth a warning.
 */
export function judgedRoles(roles: readonly NodeRole[]): { must: readonly NodeRole[]; may: readonly NodeRole[] } {
  return roles.length > 0 ? { must: roles, may: [] } : { must: ['worker'], may: ['master'] }
}
