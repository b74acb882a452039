import { KUBELET_STATE, KUBELET_UNIT, UNITS } from '../../base/kubernetes-paths.ts'
import type { Layout } from '../../base/layout.ts'
import type { Host, HostView } from '../../host/host.ts'
import { bringUpUnit } from '../../host/units/bring-up-unit.ts'
import { runKubeadm, WITH_ITS_DIRECTORY } from '../../provision/kubeadm/kubeadm-phase.ts'
import { syncKubelet } from '../../provision/kubeadm/kubelet-certificates.ts'
import { hasLostFlags, removeLostFlags } from '../../provision/kubeadm/kubelet-flags.ts'
import { hasOverride, markOverride } from '../../provision/kubeadm/kubelet-override.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { EXECUTABLE, isInstalled } from '../../provision/steps/install-step.ts'
import { unitIsCurrent } from '../../provision/steps/units.ts'

const kubeletOf = ({ binaries }: Layout) => `${binaries}/kubelet`
const readAtStart = (layout: Layout) => [
  kubeletOf(layout),
  `${UNITS}/${KUBELET_UNIT}`,
  ...['config.yaml', 'kubeadm-flags.env'].map((name) => `${KUBELET_STATE}/${name}`),
]

/** Of a node without a control plane, whose kubelet is configured from the cluster. Its pods run on. */
export const exchangeKubelet: ProvisionStep = {
  id: 'exchange/kubelet',
  title: 'Exchanging the kubelet',
  isDone: async (host, params) => (await hasOverride(host, params)) && kubeletIsCurrent(host, params),
  async apply(host, params, { signal }) {
    const install = await installKubelet(host, params, signal)
    await runKubeadm(
      host,
      [`${host.layout.binaries}/kubeadm`, 'upgrade', 'node', 'phase', 'kubelet-config'],
      WITH_ITS_DIRECTORY,
      signal,
    )
    await install()
    await bringUpUnit(host, KUBELET_UNIT, { restart: true, signal })
    await syncKubelet(host, signal)
    await markOverride(host, params)
  },
}

/** Whether the kubelet of the bundle runs, with its present configuration. */
export async function kubeletIsCurrent(host: HostView, { bundleStore, cluster }: ProvisionParams): Promise<boolean> {
  const isOfBundle = await isInstalled(host, kubeletOf(host.layout), bundleStore.file('binary', 'kubelet'))
  if (await hasLostFlags(host, cluster.kubernetesVersion)) return false
  return isOfBundle && (await unitIsCurrent(host, KUBELET_UNIT, readAtStart(host.layout)))
}

/**
 * Fetches the kubelet of the bundle, unless it is installed. @returns what installs it, without a wait. The flags come first: with
 * a flag that it does not know it would not start after a power cut.
 */
export async function installKubelet(
  host: Host,
  { bundleStore, cluster }: ProvisionParams,
  signal: AbortSignal,
): Promise<() => Promise<void>> {
  const file = bundleStore.file('binary', 'kubelet')
  const isThere = await isInstalled(host, kubeletOf(host.layout), file)
  const source = isThere ? undefined : await bundleStore.fetch(host, file, undefined, signal)
  return async () => {
    await removeLostFlags(host, cluster.kubernetesVersion)
    if (source !== undefined) await host.replace(source, kubeletOf(host.layout), EXECUTABLE)
  }
}
