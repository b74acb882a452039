import type { Watch } from '../../host/units/wait-until.ts'
import { watchUnit } from '../../host/units/watch-unit.ts'
import type { NodeParams } from '../../protocol/wire/instruction.ts'
import { CONTAINERD } from '../paths.ts'
import { ADD_ON_PATIENCE, STATIC_POD_PATIENCE, watchPods } from './watch-pods.ts'

/** What every wait on a node builds on, in this order. Made anew for each wait. */
export function watchKubelet(): Watch[] {
  return [watchUnit(CONTAINERD.unit), watchUnit('kubelet.service')]
}

export type ControlPlanePod = 'kube-apiserver' | 'kube-controller-manager' | 'kube-scheduler'

/** On a master: its etcd, the kubelet, and these static pods. */
export function watchControlPlane(
  { node }: Pick<NodeParams, 'node'>,
  names: readonly ControlPlanePod[] = ['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'],
): Watch[] {
  const pods = names.map((name) => `kube-system/${name}-${node.name}`)
  return [watchUnit('etcd.service'), ...watchKubelet(), watchPods({ pods, patience: STATIC_POD_PATIENCE })]
}

/** Pods of the cluster's own add-ons on this node, by the beginning of NAMESPACE/NAME. */
export function watchAddOns(pods: readonly string[]): Watch {
  return watchPods({ pods, patience: ADD_ON_PATIENCE })
}
