import { CONTAINERD, ETCD_UNIT, KUBELET_UNIT } from '../../base/kubernetes-paths.ts'
import type { Watch } from '../../host/units/wait-until.ts'
import { watchUnit } from '../../host/units/watch-unit.ts'
import type { NodeParams } from '../../protocol/wire/instruction.ts'
import { ADD_ON_MAX_FAILURES, STATIC_POD_MAX_FAILURES, watchPods } from './watch-pods.ts'

/** The services that every wait on a node depends on, in this order. Each wait needs new watches. */
export function watchKubelet(): Watch[] {
  return [watchUnit(CONTAINERD.unit), watchUnit(KUBELET_UNIT)]
}

export type ControlPlanePod = 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler'

/** On a master: etcd, the kubelet and these static pods. */
export function watchControlPlane(
  { node }: Pick<NodeParams, 'node'>,
  names: readonly ControlPlanePod[] = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'],
): Watch[] {
  const pods = names.map((name) => `kube-system/${name}-${node.name}`)
  return [watchUnit(ETCD_UNIT), ...watchKubelet(), watchPods({ pods, maxFailures: STATIC_POD_MAX_FAILURES })]
}

/** Pods of the cluster's add-ons on this node, by prefix of NAMESPACE/NAME. */
export function watchAddOns(pods: readonly string[]): Watch {
  return watchPods({ pods, maxFailures: ADD_ON_MAX_FAILURES })
}
