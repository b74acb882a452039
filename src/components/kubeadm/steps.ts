import { KUBEADM_CONFIG, KUBEADM_PATCHES, KUBERNETES } from '../../kubernetes/paths.ts'
import type { ProvisionStep } from '../../kubernetes/provision.ts'
import type { ProvisionParams } from '../../roles/params.ts'
import { configuration } from './configuration.ts'
import { patchesFor } from './patches.ts'

export const writeConfiguration: ProvisionStep = {
  id: 'kubeadm/write-configuration',
  title: 'Configuring the control plane',
  async isDone(host, params) {
    const wanted = Object.entries(await files(params))
    const found = await Promise.all(wanted.map(([path]) => host.read(path)))
    return wanted.every(([, text], index) => found[index] === text)
  },
  async apply(host, params) {
    await host.makeDirectory(KUBERNETES)
    await host.makeDirectory(KUBEADM_PATCHES)
    for (const [path, text] of Object.entries(await files(params))) await host.write(path, text, 0o600)
  },
}

async function files(params: ProvisionParams): Promise<Record<string, string>> {
  const { stringify } = await import('yaml')
  const documents = await configuration(params)
  return {
    [KUBEADM_CONFIG]: documents.map((document) => stringify(document)).join('---\n'),
    ...Object.fromEntries(
      Object.entries(patchesFor(params.cluster)).map(([target, patch]) => [
        `${KUBEADM_PATCHES}/${target}+strategic.yaml`,
        stringify(patch),
      ]),
    ),
  }
}
