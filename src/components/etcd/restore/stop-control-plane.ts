import { KUBELET_UNIT } from '../../../base/kubernetes-paths.ts'
import type { HostView } from '../../../host/host.ts'
import { isUnitActive } from '../../../host/units/is-unit-active.ts'
import { peerUrlOf } from '../../../provision/etcd/etcd-members.ts'
import { CONTROL_PLANE } from '../../../provision/kubeadm/static-pods.ts'
import type { ProvisionParams } from '../../../provision/params.ts'
import { killStaticPods, runningContainers } from '../../../provision/pods/static-pod-containers.ts'
import type { ProvisionStep } from '../../../provision/provision.ts'
import { isFounder, orderOf, restoredMembership } from './founder.ts'

const AGAIN = { kind: 'nothing', because: 'it is started again, and undone with the files that start it' } as const

/** All of it, because each keeps a cache of what was in etcd. Without the kubelet nothing starts it again. Containers of users go on. */
export const stopControlPlane: ProvisionStep = {
  id: 'etcd/stop-control-plane',
  title: 'Stopping the kubelet and the API server',
  async isDone(host, params) {
    if (await hasData(host, params)) return true
    return !(await isUnitActive(host, KUBELET_UNIT)) && (await runningContainers(host, CONTROL_PLANE)).length === 0
  },
  async apply(host, _params, { signal }) {
    if (await isUnitActive(host, KUBELET_UNIT)) await host.run(['systemctl', 'stop', KUBELET_UNIT], AGAIN, { signal })
    await killStaticPods(host, CONTROL_PLANE, signal)
  },
}

/** Whether this node has the restored data already: then the API server may have been started again. */
async function hasData(host: HostView, params: ProvisionParams): Promise<boolean> {
  if (orderOf(params).source === params.node.name) return isFounder(host, params)
  const own = (await restoredMembership(host, params))?.members.find(
    ({ peerUrl }) => peerUrl === peerUrlOf(params.node.address),
  )
  return own !== undefined && own.name !== ''
}
