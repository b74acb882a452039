import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import { type Layout, STANDARD, volumePlugins } from '../../base/layout.ts'
import type { NodeParams } from '../../protocol/wire/instruction.ts'
import { hasFlag } from './kubelet-flags.ts'

export const KUBEADM_API = 'kubeadm.k8s.io/v1beta4'

/** The registration of a node, for `init` and for `join`. @param args more flags of the kubelet */
export function nodeRegistration(
  layout: Layout,
  { node: { name, address }, cluster }: Pick<NodeParams, 'node' | 'cluster'>,
  args: readonly { name: string; value: string }[],
) {
  return {
    name,
    criSocket: `unix://${CONTAINERD.socket}`,
    // All images come from the bundle.
    imagePullPolicy: 'Never',
    kubeletExtraArgs: [
      // Without node-ip the kubelet looks up its name, which takes 20 s without an answer of the name server.
      { name: 'node-ip', value: address },
      // The kubelet also queries containerd for container metrics, and does not use criSocket for that.
      { name: 'containerd', value: CONTAINERD.socket },
      // Its default is below /usr.
      ...(layout === STANDARD ? [] : [{ name: 'volume-plugin-dir', value: volumePlugins(layout) }]),
      ...args,
    ].filter((arg) => hasFlag(cluster.kubernetesVersion, arg.name)),
  }
}
