import { AgentError } from '../../base/agent-error.ts'
import { awaitThat } from '../../host/units/await-that.ts'
import { kubeadmPhase } from '../../provision/kubeadm/kubeadm-phase.ts'
import { hasIdentity, syncKubelet } from '../../provision/kubeadm/kubelet-certificates.ts'
import { KUBELET_CONF, KUBELET_IDENTITY } from '../../provision/paths.ts'
import { watchControlPlane } from '../../provision/pods/watches.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

/**
 * kubelet's kubeconfig names the certificate that kubelet renews by itself. The phase restarts kubelet, and right after
 * the API answers that is a gain: kubelet has asked for it with ever longer pauses, and now asks at once.
 */
export const finalizeKubelet: ProvisionStep = {
  id: 'api-server/finalize-kubelet',
  title: 'Letting kubelet renew its own certificate',
  async isDone(host) {
    const isNamed = (await host.read(KUBELET_CONF))?.includes(`client-key: ${KUBELET_IDENTITY}\n`) === true
    return isNamed && (await hasIdentity(host))
  },
  async apply(host, params, context) {
    // The phase does nothing, and says nothing, where kubelet has not stored its certificate yet.
    const failure = async () =>
      new AgentError('kubelet/no-certificate', `kubelet did not store its certificate at ${KUBELET_IDENTITY}`, {
        fix: 'journalctl -u kubelet tells why; then provision again',
      })
    const { signal } = context
    const watches = watchControlPlane(params)
    await awaitThat(host, () => hasIdentity(host), { signal, timeoutMs: 240_000, failure, watches })
    const undo = { kind: 'nothing', because: 'kubelet.conf goes with its directory' } as const
    await kubeadmPhase(host, ['kubelet-finalize', 'enable-client-cert-rotation'], undo, context)
    await syncKubelet(host, signal)
  },
}
