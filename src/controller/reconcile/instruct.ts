import type { BundleRef } from '../../bundle/format.ts'
import { paramsFor } from '../../protocol/settings/node-params.ts'
import type { Instruction, NodeParams, NodeTask } from '../../protocol/wire/instruction.ts'
import type { RestoreOrder } from '../../protocol/wire/messages/backup.ts'
import type { Authority } from '../access/authority.ts'
import { kubeletCertificatesIn } from '../domain/certificates/kubelet-certificates.ts'
import { type ClusterData, type Draft, lastRunIn } from '../domain/draft.ts'
import { newId } from '../domain/ids.ts'
import type { Cluster, Node } from '../domain/records.ts'
import { hasJoined } from '../domain/shape.ts'

/** An instruction that is not acknowledged in this time expires. */
const EXPIRES_MS = 3_600_000

export interface Order {
  role: Instruction['role']
  /** The API endpoint. */
  endpoint: string
  /** The cluster's masters, in the order in which they were configured. */
  masters: readonly Node[]
  bundle?: BundleRef | undefined
  repair?: true | undefined
  /** For a role that needs it: the task that provisioned the node. */
  provisionedAs?: NodeTask | undefined
  /** Of the role `restore-etcd`. */
  restore?: RestoreOrder | undefined
  /** Capabilities of the agent, which gets only settings that it knows. */
  capabilities: readonly string[]
}

/** Adds the next signed instruction for the node. It is sent after the draft is committed. */
export function instruct(authority: Authority, draft: Draft, cluster: Cluster, node: Node, order: Order): void {
  const { now } = draft
  const common = {
    run: newId('r'),
    node: node.id,
    generation: node.generation + 1,
    expiresAt: new Date(now.getTime() + EXPIRES_MS).toISOString(),
  }
  const { role } = order
  const instruction = bodyOf(common, draft, cluster, node, order)
  const { payload, signature } = authority.signInstruction(JSON.stringify(instruction))
  draft.addRun({
    id: common.run,
    nodeId: node.id,
    role,
    repair: order.repair === true,
    generation: common.generation,
    seq: node.downSeq + 1,
    payload,
    signature,
    state: 'open',
    acknowledged: false,
    cancel: false,
    progress: { of: 0, done: 0, current: {}, ...(mayHaveJoined(draft, node) && { mayHaveJoined: true }) },
    error: null,
    createdAt: now.toISOString(),
    expiresAt: common.expiresAt,
    endedAt: null,
  })
  draft.setNode(node.id, {
    attempt: cluster.attempt,
    generation: common.generation,
    downSeq: node.downSeq + 1,
    ...(role !== 'reset' && role !== 'renew' && { labelsDue: false }),
    error: null,
  })
}

function mayHaveJoined(draft: Draft, node: Node): boolean {
  const before = lastRunIn(draft, node.id, ({ repair }) => !repair)
  if (before?.role === 'reset') return before.state !== 'done' && before.progress.mayHaveJoined === true
  return hasJoined({ node, run: before ?? null })
}

function bodyOf(
  common: Pick<Instruction, 'run' | 'node' | 'generation' | 'expiresAt'>,
  data: ClusterData,
  cluster: Cluster,
  node: Node,
  { role, endpoint, masters, bundle, capabilities, provisionedAs, restore }: Order,
): Instruction {
  if (role === 'reset') return { ...common, role, params: {} }
  if (!bundle) throw new Error(`no bundle was picked for ${node.id}`)
  const isKnown = capabilities.includes('params/kubeletCertificates')
  const kubeletCertificates = isKnown ? kubeletCertificatesIn(data) : undefined
  const params: NodeParams = {
    bundle,
    cluster: {
      id: cluster.id,
      name: cluster.name,
      ...paramsFor('cluster', cluster.settings, capabilities),
      endpoint,
      masters: masters.map(({ name, address }) => ({ name, address })),
      ...(kubeletCertificates && { kubeletCertificates }),
    },
    node: {
      name: node.name,
      address: node.address,
      roles: node.roles,
      ...(node.disks.length > 0 && capabilities.includes('params/disks') && { disks: node.disks }),
      ...paramsFor('node', cluster.settings, capabilities),
      labels: { ...cluster.settings.labels, ...node.labels },
    },
  }
  if (role === 'restore-etcd') {
    if (!restore) throw new Error(`no backup was picked for ${node.id}`)
    return { ...common, role, params, restore }
  }
  if (role !== 'upgrade' && role !== 'add-ons') return { ...common, role, params }
  if (provisionedAs === undefined) throw new Error(`the task of ${node.id} is missing`)
  return { ...common, role, provisionedAs, params }
}
