import { AgentError } from '../../base/agent-error.ts'
import { waitUntil } from '../../host/units/wait-until.ts'
import { kubeadmPhase } from '../../provision/kubeadm/kubeadm-phase.ts'
import { hasIdentity, syncKubelet } from '../../provision/kubeadm/kubelet-certificates.ts'
import { KUBELET_CONF, KUBELET_IDENTITY } from '../../provision/paths.ts'
import { watchControlPlane } from '../../provision/pods/watches.ts'
import type { ProvisionStep } from '../../provision/provision.ts'

/**
 * Points the kubelet's kubeconfig to the certificate that the kubelet renews by itself. The phase restarts the kubelet. Right
 * after the API server answers, that saves time: the kubelet would otherwise still be in its retry backoff.
 */
export const finalizeKubelet: ProvisionStep = {
  id: 'api-server/finalize-kubelet',
  title: 'Configuring the kubelet to renew its certificate',
  async isDone(host) {
    const isNamed = (await host.read(KUBELET_CONF))?.includes(`client-key: ${KUBELET_IDENTITY}\n`) === true
    return isNamed && (await hasIdentity(host))
  },
  async apply(host, params, context) {
    // Without a stored certificate of the kubelet the phase does nothing, and reports no error.
    const failure = async () =>
      new AgentError('kubelet/no-certificate', `the kubelet did not store its certificate at ${KUBELET_IDENTITY}`, {
        fix: 'see the reason in: journalctl -u kubelet; then provision again',
      })
    const { signal } = context
    const watches = watchControlPlane(params)
    await waitUntil(host, () => hasIdentity(host), { signal, timeoutMs: 240_000, failure, watches })
    const undo = { kind: 'nothing', because: 'kubelet.conf is removed with its directory' } as const
    await kubeadmPhase(host, ['kubelet-finalize', 'enable-client-cert-rotation'], undo, context)
    await syncKubelet(host, signal)
  },
}
