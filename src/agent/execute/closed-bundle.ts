import { kubeadmReferences } from '../../bundle/closure/references.ts'
import { AGENT_IMAGE } from '../../bundle/contents.ts'
import { badBundle } from '../../bundle/error.ts'
import type { HostView } from '../../host/host.ts'
import type { Instruction } from '../../protocol/wire/instruction.ts'
import { ofPodNetwork } from '../../provision/images/image-groups.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { KUBELET_CONF } from '../../provision/paths.ts'

/**
 * Refuses a bundle that lacks an image for this node or the manifest of its pod network. Throws AgentError
 * `bundle/not-closed`. Call it before a run changes anything. A node that has joined is repaired as before; an upgrade needs all.
 */
export async function requireClosedBundle(
  view: HostView,
  { cluster, bundleStore }: Pick<ProvisionParams, 'cluster' | 'bundleStore'>,
  role: Instruction['role'],
): Promise<void> {
  if (role !== 'upgrade' && (await view.stat(KUBELET_CONF)) !== undefined) return
  const { files } = bundleStore.manifest
  const images = files.filter(({ role }) => role === 'image').map(({ name }) => name)
  const { cni, kubernetesVersion } = cluster
  const missing = [
    ...kubeadmReferences(kubernetesVersion).map(({ image }) => image),
    ...(images.some((name) => name.startsWith(`${AGENT_IMAGE}:`)) ? [] : [`${AGENT_IMAGE}:VERSION`]),
  ].filter((name) => !images.includes(name))
  if (cni !== 'none') {
    if (!files.some(({ role, name }) => role === 'manifest' && name === `${cni}.yaml`)) missing.push(`${cni}.yaml`)
    if (ofPodNetwork({ cluster, bundleStore }).length === 0) missing.push(`images of ${cni}`)
  }
  if (missing.length === 0) return
  throw badBundle(
    'not-closed',
    `the bundle has no ${missing.join(', ')}, which this node needs; nothing was installed`,
    'build a bundle with them (controller bundle build --from dir), import it into the controller, and provision again',
  )
}
