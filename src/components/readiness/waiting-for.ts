import { type OwnWorkload, ownWorkloadOf, ownWorkloads } from '../../protocol/own-pods.ts'
import type { ProvisionParams } from '../../provision/params.ts'

interface Conditions {
  conditions?: { type: string; status: string }[]
}
export interface NodeObject {
  status: Conditions
}
export interface PodObject {
  metadata: { name: string; namespace: string; deletionTimestamp?: string }
  spec?: { nodeName?: string }
  status: Conditions & { phase?: string }
}

/**
 * Names of the node and the workloads that are not Ready. Only workloads of the cluster itself count. Disk pressure is named
 * as well, because it can be the reason.
 */
export function waitingFor(
  { node, cluster, task }: Pick<ProvisionParams, 'node' | 'cluster' | 'task'>,
  found: NodeObject | undefined,
  pods: readonly PodObject[],
): string[] {
  const workloads = ownWorkloads(cluster.cni)
  const isWanted = ({ runsOn }: OwnWorkload) => {
    if (runsOn === 'masters') return task !== 'worker'
    // These run on any node, and only the first master waits for them. With `cni none` the node is not Ready, and its pods
    // wait until an administrator installs a pod network.
    return runsOn === 'nodes' || (task === 'first-master' && cluster.cni !== 'none')
  }
  // An evicted or terminating pod does not become Ready again; another one replaces it.
  const living = pods.filter(({ metadata, status }) => status.phase !== 'Failed' && !metadata.deletionTimestamp)
  const podsOf = (workload: OwnWorkload) =>
    living.filter(({ metadata, spec }) => {
      const place = spec?.nodeName ?? node.name
      const isHere = workload.runsOn === 'any' || place === node.name
      return isHere && ownWorkloadOf({ ...metadata, node: place }, workloads) === workload
    })
  const late = workloads.filter(isWanted).flatMap((workload) => {
    const own = podsOf(workload)
    const unready = own.filter(({ status }) => !isReady(status))
    if (own.length === 0) return [workload.name]
    // One of them can be on another node that is lost.
    const isEnough = workload.runsOn === 'any' ? unready.length < own.length : unready.length === 0
    return isEnough ? [] : unready.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
  })
  const all = [...(cluster.cni === 'none' || isReady(found?.status) ? [] : [`node ${node.name}`]), ...late]
  return all.length > 0 && isTrue(found?.status, 'DiskPressure') ? [`node ${node.name} has disk pressure`, ...all] : all
}

function isReady(status: Conditions | undefined): boolean {
  return isTrue(status, 'Ready')
}

function isTrue(status: Conditions | undefined, condition: string): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === condition && value === 'True') === true
}
