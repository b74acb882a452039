/**
 * Objects are applied in this order, and removed in the reverse one: what others need is there before them. Webhooks and API
 * services are applied when the pods behind them are healthy, because until then they would refuse what others do.
 */
const RANKS: readonly (readonly string[])[] = [
  ['Namespace'],
  ['CustomResourceDefinition'],
  ['PriorityClass', 'StorageClass', 'IngressClass', 'RuntimeClass', 'GatewayClass'],
  [
    'ServiceAccount',
    'ClusterRole',
    'Role',
    'ClusterRoleBinding',
    'RoleBinding',
    'NetworkPolicy',
    'ResourceQuota',
    'LimitRange',
  ],
  ['Secret', 'ConfigMap', 'PersistentVolume', 'PersistentVolumeClaim', 'Service'],
]
const WORKLOADS = ['DaemonSet', 'Deployment', 'StatefulSet', 'ReplicaSet', 'Pod', 'Job', 'CronJob']
const LATE = ['APIService', 'ValidatingWebhookConfiguration', 'MutatingWebhookConfiguration']

const WORKLOAD_RANK = RANKS.length
/** Custom resources and what else exists: a controller among the workloads may have to run first, but none is needed to store them. */
const OTHER_RANK = WORKLOAD_RANK + 1
export const LATE_RANK = OTHER_RANK + 1
export const CRD_RANK = 1

export function rankOf({ kind }: { kind: string }): number {
  if (LATE.includes(kind)) return LATE_RANK
  if (WORKLOADS.includes(kind)) return WORKLOAD_RANK
  const rank = RANKS.findIndex((kinds) => kinds.includes(kind))
  return rank === -1 ? OTHER_RANK : rank
}

/** In groups of the same rank, the first to apply first. */
export function byRank<T extends { kind: string }>(objects: readonly T[]): { rank: number; objects: T[] }[] {
  const groups = Map.groupBy(objects, rankOf)
  return [...groups].sort(([a], [b]) => a - b).map(([rank, some]) => ({ rank, objects: some }))
}
