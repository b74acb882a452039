import { remedy } from '../../protocol/api/remedy.ts'
import { byRule } from '../audit/by-rule.ts'
import { holdersOf, refusal, roomForAutomatic } from '../domain/admission.ts'
import type { Draft } from '../domain/draft.ts'
import type { Node } from '../domain/records.ts'
import { mayHaveKubernetes } from '../domain/shape.ts'
import type { HasClock, HasPresence } from '../ports.ts'
import { noteGone } from '../reconcile/gone.ts'
import { forget, markApproved } from '../reconcile/node-state.ts'
import { type Reconciling, reconcile } from '../reconcile/reconcile.ts'
import { silentMs, situationOf } from '../reconcile/situation-of.ts'
import { nodeOf } from './find.ts'
import { handOverOperator } from './operator-certificate.ts'

/**
 * A node that was silent for less than this may be back at any moment. Contact before the start of the controller is not known,
 * so this is also how long nodes have to reconnect after it.
 */
export const AWAY_MS = 120_000

/**
 * Approves a DISCOVERED node. Throws `node/name-taken` if another node has its name, unless that one is `replaced` (an id) and
 * has been silent for a while: then it is removed.
 */
export async function approve(
  ports: Reconciling,
  { id, clusterId }: Pick<Node, 'id' | 'clusterId'>,
  replaced?: string,
): Promise<void> {
  await reconcile(ports, clusterId, (draft) => approveIn(ports, draft, nodeOf(draft, id), replaced))
}

function approveIn(ports: HasClock & HasPresence, draft: Draft, node: Node, replaced: string | undefined): void {
  if (node.state !== 'DISCOVERED') {
    if (node.state !== 'REMOVED') return
    throw refusal('node/removed', `node ${node.name} was removed`, 'install the agent on it again')
  }
  const others = holdersOf(draft.nodes, node)
  for (const other of others) admitReplacement(ports, node, other, replaced)
  if (replaced !== undefined && !others.some(({ id }) => id === replaced)) {
    const fix = remedy`approve it without replacing another one: ${{ do: 'node.approve', node: node.id }}`
    throw refusal('node/other-name', `node ${replaced} does not have the name ${node.name}`, fix)
  }
  for (const other of others) {
    if (mayHaveKubernetes(other)) noteGone(draft, other)
    forget(draft, other)
    handOverOperator(draft, other, situationOf(ports, draft).members)
  }
  markApproved(draft, node)
}

function admitReplacement(ports: HasClock & HasPresence, node: Node, other: Node, replaced: string | undefined): void {
  if (replaced !== other.id) {
    const instead = { do: 'node.approve', node: node.id, replace: other.id } as const
    const fix = remedy`if it is another machine, install it with another --hostname; if it takes the place of ${other.id}, which no longer exists: ${instead}`
    throw refusal('node/name-taken', `node ${other.id} already has the name ${node.name}`, fix)
  }
  const silentForMs = silentMs(ports, other)
  if (!ports.presence.isConnected(other.id) && silentForMs >= AWAY_MS) return
  const removal = { do: 'node.remove', node: other.id, force: true } as const
  const found = ports.presence.isConnected(other.id)
    ? 'is connected'
    : `has been silent for ${Math.floor(silentForMs / 1_000)} s; wanted at least ${AWAY_MS / 1_000} s`
  const fix = remedy`choose another name for one of them (install with --hostname); or switch the machine off and try again later; or: ${removal}`
  throw refusal('node/name-taken', `node ${other.id} with the name ${node.name} ${found}`, fix)
}

/**
 * Approves the waiting nodes of a cluster with automatic approval, the oldest first. It replaces no node: one whose name is
 * taken waits for an administrator, like those beyond the limit.
 */
export function approveAutomatically(draft: Draft): void {
  if (!draft.cluster.settings.autoApprove) return
  const pending = new Set(draft.enrolments.flatMap(({ state, nodeId }) => (state === 'pending' ? [nodeId] : [])))
  let left = roomForAutomatic(draft.nodes)
  for (const node of draft.nodes) {
    if (left <= 0) return
    if (!pending.has(node.id) || node.state !== 'DISCOVERED' || holdersOf(draft.nodes, node).length > 0) continue
    byRule(draft, 'approveAutomatically', 'the cluster has automatic approval', () => markApproved(draft, node))
    left--
  }
}
