import { AgentError } from '../../../base/agent-error.ts'
import { commandOf } from '../../../protocol/api/remedy.ts'
import type { NodeRule } from '../../../protocol/declaration/rule.ts'
import { holdersOf, roomForAutomatic } from '../admission.ts'
import type { Cluster, Node } from '../records.ts'
import { isAs, isFixed, type Placement, placementsOf } from './assign.ts'
import { type Configuration, configurationOf } from './configuration.ts'

export type NodeDecision =
  | { kind: 'approve'; nodeId: string }
  | { kind: 'configure'; nodeId: string; to: Configuration & Partial<Pick<Node, 'labels'>> }

/** A placement, and what follows from it now. */
export interface Following extends Placement {
  decision: NodeDecision | null
}

/**
 * What the rules of a cluster decide about each of its nodes, by id. Pure: once the decisions are carried out, there are none.
 * It approves like automatic approval does: no node replaces another, and there is a limit. `nodes`: those that are not removed.
 */
export function followingsOf(cluster: Cluster, nodes: readonly Node[]): Map<string, Following> {
  const followings = new Map<string, Following>()
  const placements = placementsOf(cluster, nodes)
  let standing = nodes
  let room = roomForAutomatic(nodes)
  const decide = (node: Node, to: Partial<Node>) => {
    standing = standing.map((each) => (each.id === node.id ? { ...each, ...to } : each))
  }
  for (const node of nodes) {
    const placement = placements.get(node.id)
    if (placement === undefined) continue
    const rule = placement.rule === null ? undefined : cluster.rules?.nodes[placement.rule - 1]
    const next =
      rule &&
      (node.state === 'DISCOVERED'
        ? approval(node, rule, standing, room)
        : configuration(cluster, node, rule, standing))
    const decision = typeof next === 'object' ? next : null
    followings.set(node.id, { ...placement, decision, ...(typeof next === 'string' && { problem: next }) })
    if (decision?.kind === 'approve') {
      room--
      decide(node, { approvedAt: node.createdAt })
    } else if (decision) decide(node, decision.to)
  }
  return followings
}

/** The decision, or why there is none. */
function approval(node: Node, rule: NodeRule, nodes: readonly Node[], room: number): NodeDecision | string {
  const byHand = commandOf({ do: 'node.approve', node: node.name })
  if (node.approvedAt !== null) return `it was reset; wanted: ${byHand}`
  const [holder] = holdersOf(nodes, node)
  if (holder)
    return `node ${holder.id} already has the name ${node.name}; look which one it is, then: ${commandOf({ do: 'node.approve', node: node.id, replace: holder.id })}`
  if (rule.approve !== 'automatically') return `its rule does not approve it automatically; wanted: ${byHand}`
  if (room <= 0) return `too many approved nodes wait to be configured; wanted: ${byHand}`
  return { kind: 'approve', nodeId: node.id }
}

function configuration(
  cluster: Cluster,
  node: Node,
  rule: NodeRule,
  nodes: readonly Node[],
): NodeDecision | string | undefined {
  const isOpen = node.state === 'APPROVED' || (node.state === 'CONFIGURED' && !isFixed(node))
  if (!isOpen || (node.state === 'CONFIGURED' && isAs(rule, node))) return undefined
  if (node.facts === null) return 'it has not reported its facts yet'
  const others = nodes.filter(({ id }) => id !== node.id)
  const { roles, interface: name, disks = [] } = rule
  try {
    const to = configurationOf(cluster, node, others, { roles, disks, interface: name })
    // What a person set for this node comes first.
    const labels = rule.labels && { labels: { ...rule.labels, ...node.labels } }
    return { kind: 'configure', nodeId: node.id, to: { ...to, ...labels } }
  } catch (error) {
    if (error instanceof AgentError) return error.message
    throw error
  }
}
