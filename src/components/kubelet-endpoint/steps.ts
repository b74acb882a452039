import { KUBELET_UNIT } from '../../base/kubernetes-paths.ts'
import { bringUpUnit } from '../../host/units/bring-up-unit.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'
import { serverIn } from '../../provision/api/kubeconfig.ts'
import { serverFor } from '../../provision/kubeadm/cluster-configuration.ts'
import { syncKubelet } from '../../provision/kubeadm/kubelet-certificates.ts'
import { KUBELET_CONF } from '../../provision/paths.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

/**
 * Rewrites the address of the API in the kubelet's kubeconfig, which the kubelet reads when it starts. It is stopped meanwhile, so
 * that a kill in between leaves a kubelet that is not running, and the step is repeated. Pods run on.
 */
export const useEndpoint: ProvisionStep = {
  id: 'kubelet-endpoint/use',
  title: 'Pointing the kubelet to the API endpoint',
  async isDone(host, params) {
    const text = await host.read(KUBELET_CONF)
    // It has not joined yet.
    if (text === undefined) return true
    return serverIn(text) === (await serverFor(params)) && (await isUnitActive(host, KUBELET_UNIT))
  },
  async apply(host, params, { signal }) {
    const text = (await host.read(KUBELET_CONF)) ?? ''
    const server = await serverFor(params)
    await host.run(['systemctl', 'stop', KUBELET_UNIT], { kind: 'nothing', because: 'the undo of its start stops it' })
    try {
      await host.write(KUBELET_CONF, text.replace(/^(\s+server: )\S+$/m, `$1${server}`), 0o600)
    } finally {
      await bringUpUnit(host, KUBELET_UNIT)
    }
    await syncKubelet(host, signal)
  },
}
