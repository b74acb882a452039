import { KUBERNETES } from '../../base/kubernetes-paths.ts'
import type { HostView } from '../../host/host.ts'
import { patchPath } from '../../provision/kubeadm/identity.ts'
import { writeYaml } from '../../provision/kubeadm/yaml.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { KUBEADM_CONFIG, KUBEADM_PATCHES } from '../../provision/paths.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { configuration } from './configuration.ts'
import { patchesFor } from './patches.ts'

export const writeConfiguration: ProvisionStep = {
  id: 'kubeadm/write-configuration',
  title: 'Configuring the control plane',
  async isDone(host, params) {
    const wanted = Object.entries(await files(host, params))
    const found = await Promise.all(wanted.map(([path]) => host.read(path)))
    return wanted.every(([, text], index) => found[index] === text)
  },
  async apply(host, params) {
    await host.makeDirectory(KUBERNETES)
    await host.makeDirectory(KUBEADM_PATCHES)
    for (const [path, text] of Object.entries(await files(host, params))) await host.write(path, text, 0o600)
  },
}

async function files(host: HostView, params: ProvisionParams): Promise<Record<string, string>> {
  const kubeletCertificates = strictest(params.cluster.kubeletCertificates, await presentMode(host))
  const wanted = await configuration(host.layout, { ...params, cluster: { ...params.cluster, ...kubeletCertificates } })
  const documents = await Promise.all(wanted.map(writeYaml))
  const patches = Object.entries(patchesFor(host.layout, params.cluster, wanted)).map(
    async ([target, patch]) => [patchPath(KUBEADM_PATCHES, target), await writeYaml(patch)] as const,
  )
  return { [KUBEADM_CONFIG]: documents.join('---\n'), ...Object.fromEntries(await Promise.all(patches)) }
}

type Mode = ProvisionParams['cluster']['kubeletCertificates']

/** The mode never goes back: kubelets that requested certificates keep them, and API servers go on to verify them. */
function strictest(...modes: Mode[]): { kubeletCertificates?: NonNullable<Mode> } {
  const kubeletCertificates = (['verified', 'issued'] as const).find((mode) => modes.includes(mode))
  return kubeletCertificates === undefined ? {} : { kubeletCertificates }
}

async function presentMode(host: HostView): Promise<Mode> {
  const text = (await host.read(KUBEADM_CONFIG)) ?? ''
  if (text.includes('"kubelet-certificate-authority"')) return 'verified'
  return text.includes('serverTLSBootstrap: true') ? 'issued' : undefined
}
