import type { NodeParams } from '../../protocol/wire/instruction.ts'
import { CONTAINERD } from '../paths.ts'

export const KUBEADM_API = 'kubeadm.k8s.io/v1beta4'

/** How a node presents itself, whether it begins a cluster or joins one. `args`: more flags of its kubelet. */
export function nodeRegistration(
  { name, address }: Pick<NodeParams['node'], 'name' | 'address'>,
  args: readonly { name: string; value: string }[],
) {
  return {
    name,
    criSocket: `unix://${CONTAINERD.socket}`,
    // All images are of the bundle.
    imagePullPolicy: 'Never',
    kubeletExtraArgs: [
      // Without node-ip, kubelet asks the resolver who it is, which takes 20 s where that does not answer.
      { name: 'node-ip', value: address },
      // What it counts of each container it asks of a containerd as well, and not by criSocket.
      { name: 'containerd', value: CONTAINERD.socket },
      ...args,
    ],
  }
}
