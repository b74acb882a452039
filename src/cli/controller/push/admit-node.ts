import { AgentError } from '../../../base/agent-error.ts'
import { type NodeDetail, nodeRoutes } from '../../../protocol/api/nodes.ts'
import type { InventoryHost } from '../inventory/host.ts'
import { retryUntilFacts } from '../nodes/retry-until-facts.ts'
import type { AdminClient } from '../session/client.ts'

/** A node as its machine names itself. */
export interface OwnName {
  nodeId: string
  fingerprint: string
}

export type Admission = 'approve' | 'label' | 'configure'

/** What an inventory says about a host. */
export type Wanted = Pick<InventoryHost, 'roles' | 'labels'>

/** What is left to do for a node with these roles. Without roles, the rules of the cluster decide. */
export function admissionsFor(
  node: Pick<NodeDetail, 'state' | 'roles' | 'labels'>,
  { roles, labels }: Wanted,
): Admission[] {
  const isNew = node.state === 'DISCOVERED' || node.state === 'REMOVED'
  const isOther = roles.length > 0 && [...roles].sort().join() !== [...node.roles].sort().join()
  const isLabelled = Object.entries(labels).every(([key, value]) => node.labels?.[key] === value)
  return [
    ...(isNew ? (['approve'] as const) : []),
    ...(isLabelled ? [] : (['label'] as const)),
    ...(isOther ? (['configure'] as const) : []),
  ]
}

/**
 * The node with this id. Throws AgentError `push/other-key` if the controller knows another key of it than its machine has, and
 * `push/other-cluster` if it is of another cluster.
 */
export async function nodeOf(
  client: AdminClient,
  cluster: string,
  { nodeId, fingerprint }: OwnName,
  signal: AbortSignal,
): Promise<NodeDetail> {
  const node = await client.ask(nodeRoutes.showNode, { params: { id: nodeId } }, { signal })
  if (node.cluster !== cluster) throw otherCluster(node.cluster, cluster)
  if (node.fingerprint === fingerprint) return node
  throw new AgentError(
    'push/other-key',
    `node ${nodeId} has the key ${node.fingerprint} at the controller, and ${fingerprint} on its machine`,
    { fix: 'do not approve it; find out which machine enrolled with this id: controller node list', kind: 'refused' },
  )
}

export function otherCluster(found: string, wanted: string): AgentError {
  return new AgentError('push/other-cluster', `the machine is a node of cluster ${found}; wanted ${wanted}`, {
    fix: 'remove it from the inventory, or on the machine: sudo cantrip-agent uninstall',
    kind: 'refused',
  })
}

/** Approves and configures it, as far as that is left. */
export async function admit(
  client: AdminClient,
  node: NodeDetail,
  wanted: Wanted,
  {
    signal,
    onEach,
    onDone,
  }: { signal: AbortSignal; onEach(admission: Admission): void; onDone(admission: Admission, node: NodeDetail): void },
): Promise<NodeDetail> {
  const params = { id: node.id }
  const configured = { roles: [...wanted.roles], disks: [] }
  const carryOut: Record<Admission, () => Promise<NodeDetail>> = {
    approve: () => client.ask(nodeRoutes.approveNode, { params, query: {} }, { signal }),
    label: () => client.ask(nodeRoutes.labelNode, { params, body: { labels: wanted.labels } }, { signal }),
    configure: () =>
      retryUntilFacts(() => client.ask(nodeRoutes.configureNode, { params, body: configured }, { signal })),
  }
  let now = node
  for (const each of admissionsFor(node, wanted)) {
    onEach(each)
    now = await carryOut[each]()
    onDone(each, now)
  }
  return now
}
