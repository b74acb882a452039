import type { NodeRule } from '../../../protocol/declaration/rule.ts'
import type { Cluster, Node } from '../records.ts'
import { mayHaveKubernetes } from '../shape.ts'
import { matcherOf, traitsOf, traitsText } from './traits.ts'

/** What the rules of its cluster say about a node. */
export interface Placement {
  /** `surplus`: the rules that match it have as many nodes as they allow. `other`: it is configured otherwise. `held`: it was reset. */
  kind: 'followed' | 'unmatched' | 'surplus' | 'other' | 'held'
  /** The position of the rule that the node follows, or will follow; the first one is 1. Null: none. */
  rule: number | null
  /** Why no rule decides about the node, or why not yet; null if one does. */
  problem: string | null
}

interface Candidate {
  rule: NodeRule
  at: number
}

/**
 * The placements of nodes, by id. Each node follows the first rule that matches it. A rule with a `count` that is full is passed
 * over: those that are configured already come first, then those that were approved first. `nodes`: those that are not removed.
 */
export function placementsOf({ name, rules }: Pick<Cluster, 'name' | 'rules'>, nodes: readonly Node[]) {
  const placements = new Map<string, Placement>()
  if (rules === null) return placements
  const matchers = rules.nodes.map(({ match }) => matcherOf(match))
  const taken = rules.nodes.map(() => 0)
  const hasRoom = ({ rule: { count }, at }: Candidate) => count === undefined || (taken[at] ?? 0) < count
  for (const node of nodes.filter(({ leaving }) => leaving === 'no').toSorted(byRank)) {
    const traits = traitsOf(node)
    const matching = rules.nodes.flatMap((rule, at) => (matchers[at]?.(traits) ? [{ rule, at }] : []))
    const none = (kind: Placement['kind'], problem: string) => placements.set(node.id, { kind, rule: null, problem })
    if (node.ruling === 'held' && node.roles.length === 0) {
      none('held', 'it was reset: configure it by hand, or apply the file again')
      continue
    }
    const found = isFixed(node) ? followedBy(node, matching, hasRoom) : matching.find(hasRoom)
    const [first] = matching
    if (found === 'other' && first !== undefined) {
      none('other', `${differenceFrom(first.rule, node)}; rule ${first.at + 1} says ${ruleText(first.rule)}`)
    } else if (typeof found === 'object') {
      taken[found.at] = (taken[found.at] ?? 0) + 1
      placements.set(node.id, { kind: 'followed', rule: found.at + 1, problem: null })
    } else if (first === undefined) {
      none('unmatched', `no rule of cluster ${name} matches: ${traitsText(traits)}`)
    } else {
      const numbers = matching.map(({ at }) => at + 1).join(', ')
      none('surplus', `rule ${numbers} of cluster ${name} matches, and has as many nodes as its count allows`)
    }
  }
  return placements
}

/** Only a person can change how it is configured. */
export const isFixed = (node: Node): boolean =>
  node.roles.length > 0 && (node.ruling !== 'followed' || mayHaveKubernetes(node))

/**
 * The rule that a configured node follows; `other` if it is configured otherwise. A rule with a count that says something else may
 * have been full when the node was configured.
 */
function followedBy(
  node: Node,
  matching: readonly Candidate[],
  hasRoom: (candidate: Candidate) => boolean,
): Candidate | 'other' | undefined {
  const decisive = matching.filter(({ rule }) => rule.count === undefined || isAs(rule, node))
  for (const candidate of decisive) {
    if (!isAs(candidate.rule, node)) return 'other'
    if (hasRoom(candidate)) return candidate
  }
  return decisive.length === 0 ? 'other' : undefined
}

/** Whether the node is configured as the rule says. */
export function isAs(rule: NodeRule, node: Pick<Node, 'roles' | 'interface' | 'disks'>): boolean {
  const isAtPlace = rule.interface === undefined || rule.interface === node.interface
  return isAtPlace && sameSet(rule.roles, node.roles) && sameSet(rule.disks ?? [], node.disks)
}

const sameSet = (one: readonly string[], other: readonly string[]) =>
  one.every((each) => other.includes(each)) && other.every((each) => one.includes(each))

function differenceFrom(rule: NodeRule, node: Node): string {
  const place = rule.interface === undefined ? '' : ` at ${node.interface ?? 'no interface'}`
  return `it is configured as ${node.roles.join(',')}${place}`
}

export function ruleText({ roles, interface: name, disks }: NodeRule): string {
  const parts = [
    roles.join(','),
    ...(name === undefined ? [] : [`at ${name}`]),
    ...(disks ?? []).map((disk) => `with ${disk}`),
  ]
  return parts.join(' ')
}

/** Nodes that cannot change come first, then in the order in which the rules decided about them. */
function byRank(one: Node, other: Node): number {
  return rankOf(one) < rankOf(other) ? -1 : 1
}

function rankOf(node: Node): string {
  const { configuredAt, approvedAt, createdAt, facts, id } = node
  if (isFixed(node)) return `0 ${configuredAt} ${id}`
  if (node.roles.length > 0) return `1 ${configuredAt} ${id}`
  if (node.state !== 'DISCOVERED') return `${facts === null ? 3 : 2} ${approvedAt} ${id}`
  return `4 ${createdAt} ${id}`
}
