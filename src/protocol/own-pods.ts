import { OPERATOR_NAMESPACE } from './cluster-namespaces.ts'
import type { Cni } from './names.ts'

/** A workload that Cantrip installs. Other workloads in the same namespaces belong to the users of the cluster. */
export interface OwnWorkload {
  namespace: string
  name: string
  /** Where its pods run: one on each master, one on each node, or anywhere. */
  runsOn: 'masters' | 'nodes' | 'any'
}

interface Pod {
  namespace: string
  name: string
  /** Empty or absent until it is scheduled. */
  node?: string | undefined
}

const SYSTEM = 'kube-system'
const CONTROL_PLANE = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map(
  (name): OwnWorkload => ({ namespace: SYSTEM, name, runsOn: 'masters' }),
)
const ADD_ONS: readonly OwnWorkload[] = [
  { namespace: SYSTEM, name: 'kube-proxy', runsOn: 'nodes' },
  { namespace: SYSTEM, name: 'coredns', runsOn: 'any' },
  { namespace: OPERATOR_NAMESPACE, name: 'operator', runsOn: 'any' },
]
const NETWORK: Record<Cni, readonly OwnWorkload[]> = {
  flannel: [{ namespace: 'kube-flannel', name: 'kube-flannel-ds', runsOn: 'nodes' }],
  calico: [
    { namespace: SYSTEM, name: 'calico-node', runsOn: 'nodes' },
    { namespace: SYSTEM, name: 'calico-kube-controllers', runsOn: 'any' },
  ],
  cilium: [
    { namespace: SYSTEM, name: 'cilium', runsOn: 'nodes' },
    { namespace: SYSTEM, name: 'cilium-operator', runsOn: 'any' },
  ],
  none: [],
}

export function ownWorkloads(cni: Cni): OwnWorkload[] {
  return [...CONTROL_PLANE, ...ADD_ONS, ...NETWORK[cni]]
}

/** The workload that the pod belongs to, by the naming scheme of Kubernetes; undefined for pods of users. */
export function ownWorkloadOf(pod: Pod, workloads: readonly OwnWorkload[]): OwnWorkload | undefined {
  return workloads.find((workload) => workload.namespace === pod.namespace && hasNameOf(pod, workload))
}

/** The alphabet of generated names (k8s.io/apimachinery, pkg/util/rand). */
const RANDOM = '[bcdfghjklmnpqrstvwxz2456789]'
const OF_DEPLOYMENT = new RegExp(`^-${RANDOM}{1,10}-${RANDOM}{5}$`)
const OF_DAEMON_SET = new RegExp(`^-${RANDOM}{5}$`)

function hasNameOf({ name, node }: Pod, workload: OwnWorkload): boolean {
  if (!name.startsWith(workload.name)) return false
  const rest = name.slice(workload.name.length)
  if (workload.runsOn === 'masters') return rest === `-${node}`
  return (workload.runsOn === 'nodes' ? OF_DAEMON_SET : OF_DEPLOYMENT).test(rest)
}
