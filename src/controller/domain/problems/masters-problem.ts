import type { ErrorReport } from '../../../base/agent-error.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import { lostError } from '../director/director.ts'
import { endpointOf, freshEndpoint } from '../director/endpoint.ts'
import type { Cluster } from '../records.ts'
import { isLost, isMaster, isOfControlPlane, mastersOf } from '../shape.ts'
import type { Member } from '../situation.ts'

/**
 * What is wrong with the masters that a cluster would have. Fewer than before is no problem: one that was lost must not
 * keep workers from coming, nor those that have begun from trying again.
 */
export function mastersProblem(cluster: Cluster, members: readonly Member[]): ErrorReport | undefined {
  const masters = mastersOf(members)
  if (masters.length === 0) {
    return {
      code: 'cluster/no-master',
      message: `cluster ${cluster.name} has no node with role master`,
      ...remedy`${{ do: 'node.configure', roles: ['master', 'worker'] }}`,
    }
  }
  if (isLost(members)) return lostError(cluster)
  const isGrowing = members.some((member) => isMaster(member) && !isOfControlPlane(member))
  if (!isGrowing) return undefined
  if (masters.length % 2 === 0) {
    const names = masters.map(({ name }) => name).join(', ')
    return {
      code: 'masters/even',
      message: `cluster ${cluster.name} would have ${masters.length} masters (${names}): etcd decides by majority, so they can lose no more of them than ${masters.length - 1} could`,
      ...remedy`configure one master more, or make one of them a worker: ${{ do: 'node.configure', roles: ['worker'] }}`,
    }
  }
  const endpoint = endpointOf(cluster, members)
  if (masters.length === 1 || endpoint === freshEndpoint(cluster, members)) return undefined
  return {
    code: 'masters/endpoint',
    message: `the API of cluster ${cluster.name} goes by the address of its one master, ${endpoint}: with more masters it would still go down with that one`,
    ...remedy`make the others workers: ${{ do: 'node.configure', roles: ['worker'] }}; or begin anew: ${{ do: 'cluster.reset', cluster: cluster.name }}, then configure all masters before: ${{ do: 'cluster.provision', cluster: cluster.name }}`,
  }
}
