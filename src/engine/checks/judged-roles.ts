import type { CheckParams } from './check.ts'

type NodeRole = CheckParams['roles'][number]

/**
 * The roles whose requirements fail a check, and those whose requirements only warn. Without an intended role the machine
 * must meet the requirements of a worker, and those of a master are warnings.
 */
export function judgedRoles(roles: readonly NodeRole[]): { must: readonly NodeRole[]; may: readonly NodeRole[] } {
  return roles.length > 0 ? { must: roles, may: [] } : { must: ['worker'], may: ['master'] }
}
