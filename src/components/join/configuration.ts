import type { Layout } from '../../base/layout.ts'
import type { NodeParams } from '../../protocol/wire/instruction.ts'
import type { Invitation } from '../../protocol/wire/operation.ts'
import { withKnownFlags } from '../../provision/kubeadm/kubelet-flags.ts'
import { KUBEADM_API, nodeRegistration } from '../../provision/kubeadm/node-registration.ts'
import { type Mapping, merge, readOverride } from '../../provision/kubeadm/overrides.ts'

/** kubeadm's configuration for a worker, with the cluster's overrides of the node registration. */
export async function joinConfiguration(
  layout: Layout,
  { node, cluster }: Pick<NodeParams, 'node' | 'cluster'>,
  { token, caHash }: Invitation & { role: 'worker' },
): Promise<Mapping> {
  const configuration: Mapping = {
    apiVersion: KUBEADM_API,
    kind: 'JoinConfiguration',
    discovery: { bootstrapToken: { apiServerEndpoint: cluster.endpoint, token, caCertHashes: [caHash] } },
    nodeRegistration: nodeRegistration(layout, { node, cluster }, labelArgs(node.labels)),
  }
  const changes = await readOverride('kubeadm', cluster.overrides.kubeadm)
  const merged = changes.reduce<Mapping>((before, change) => {
    if (change.kind === 'JoinConfiguration') return merge(before, change)
    // An override of nodeRegistration for the first master applies to all nodes.
    const { nodeRegistration } = change
    return nodeRegistration === undefined ? before : merge(before, { nodeRegistration })
  }, configuration)
  return withKnownFlags(merged, { cluster })
}

function labelArgs(labels: Readonly<Record<string, string>>) {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
  return pairs.length === 0 ? [] : [{ name: 'node-labels', value: pairs.join(',') }]
}
