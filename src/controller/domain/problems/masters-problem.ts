import type { ErrorReport } from '../../../base/agent-error.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import { lostError, noMasterError } from '../director/director.ts'
import { endpointToMoveTo } from '../director/endpoint.ts'
import type { Cluster } from '../records.ts'
import { hasLostMasters, isMaster, isOfControlPlane, mastersOf } from '../shape.ts'
import type { Member } from '../situation.ts'

/**
 * The problem with the masters that the cluster would have after `provision`, if any. Fewer masters than before is not a
 * problem: a lost master must not prevent workers from joining, or started masters from retrying.
 */
export function mastersProblem(cluster: Cluster, members: readonly Member[]): ErrorReport | undefined {
  const masters = mastersOf(members)
  if (masters.length === 0) return noMasterError(cluster)
  if (hasLostMasters(members)) return lostError(cluster)
  const isGrowing = members.some((member) => isMaster(member) && !isOfControlPlane(member))
  if (!isGrowing) return undefined
  if (masters.length % 2 === 0) {
    const names = masters.map(({ name }) => name).join(', ')
    return {
      code: 'masters/even',
      message: `cluster ${cluster.name} would have ${masters.length} masters (${names}); wanted an odd number: etcd with ${masters.length} members tolerates no more failures than with ${masters.length - 1}`,
      ...remedy`configure one more master, or make one of them a worker: ${{ do: 'node.configure', roles: ['worker'] }}`,
    }
  }
  if (cluster.establishedAt !== null || endpointToMoveTo(cluster, members) === undefined) return undefined
  return {
    code: 'masters/endpoint',
    message: `the API endpoint of cluster ${cluster.name} is the address of its only master; the cluster can move to a name for several masters once it was READY`,
    ...remedy`make the others workers: ${{ do: 'node.configure', roles: ['worker'] }}; or start over: ${{ do: 'cluster.reset', cluster: cluster.name }}, then configure all masters before: ${{ do: 'cluster.provision', cluster: cluster.name }}`,
  }
}
