import { declarationOf, isEmpty, placeOf } from '../../protocol/declaration/declaration.ts'
import type { DeclarationPlan, FieldChange, NodeChange } from '../../protocol/declaration/routes.ts'
import { isSame } from '../../protocol/settings/change.ts'
import { SETTINGS } from '../../protocol/settings/cluster-settings.ts'
import { present } from '../domain/draft.ts'
import type { Cluster, Node } from '../domain/records.ts'
import { type Placement, placementsOf, ruleText } from '../domain/rules/assign.ts'
import { followingsOf } from '../domain/rules/follow.ts'

type Declared = Pick<Cluster, 'name' | 'project' | 'settings' | 'rules'>

/** The fields of the file that differ. `before`: undefined for a new cluster. */
export function fieldChanges(before: Declared | undefined, after: Declared): FieldChange[] {
  const [was, is] = [before?.settings, after.settings] as Readonly<Record<string, unknown>>[]
  const values: [string, unknown, unknown][] = [
    ['metadata.project', before?.project, after.project],
    ...Object.keys(SETTINGS).map((name): [string, unknown, unknown] => [
      placeOf(name).join('.'),
      was?.[name],
      is?.[name],
    ]),
    ['spec.provision', before?.rules?.provision, after.rules?.provision],
    ...ruleChanges(before, after),
  ]
  return values
    .filter(([, from, to]) => !isSame(from, to) && !(before === undefined && isEmpty(to)))
    .map(([path, from, to]) => ({ path, from: textOf(from), to: textOf(to) }))
}

function ruleChanges(before: Declared | undefined, after: Declared): [string, unknown, unknown][] {
  const [was, is] = [before?.rules?.nodes, after.rules?.nodes]
  const count = Math.max(was?.length ?? 0, is?.length ?? 0)
  // No rules at all, and rules for no node.
  if (count === 0) return [['spec.nodes', was, is]]
  return Array.from({ length: count }, (_, at) => [`spec.nodes[${at}]`, was?.[at], is?.[at]])
}

const textOf = (value: unknown) => (value === undefined || value === null ? null : JSON.stringify(value))

/** Nodes that wait for a person follow the rules again. */
export const released = (node: Node): Node =>
  node.ruling === 'held' && node.roles.length === 0 ? { ...node, ruling: 'open' } : node

/** What happens to the nodes at once because of the file, and which stay as they are although the rules say something else. */
export function nodeChanges(
  before: Cluster,
  after: Cluster,
  all: readonly Node[],
  prune: boolean,
): Pick<DeclarationPlan, 'nodes' | 'conflicts'> {
  const nodes = present({ nodes: all })
  const free = after.rules === null ? nodes : nodes.map(released)
  const placements = placementsOf(after, free)
  const earlier = followingsOf(before, nodes)
  const followings = followingsOf(after, free)
  const changes: NodeChange[] = []
  const conflicts: DeclarationPlan['conflicts'] = []
  for (const [at, { id, name, state, roles, ruling }] of free.entries()) {
    const placement = placements.get(id)
    if (!placement) continue
    const problem = placement.problem ?? ''
    if (prune && state !== 'DISCOVERED' && isUnwanted(placement)) {
      changes.push({ id, name, action: 'remove', detail: problem })
      continue
    }
    if (roles.length > 0 && problem !== '') conflicts.push({ id, name, problem })
    if (nodes[at]?.ruling !== ruling)
      changes.push({ id, name, action: 'release', detail: 'it follows the rules again' })
    const decision = followings.get(id)?.decision
    if (!decision || isSame(earlier.get(id)?.decision, decision)) continue
    changes.push({ id, name, action: decision.kind, detail: detailOf(after, placement) })
  }
  return { nodes: changes, conflicts }
}

const isUnwanted = ({ kind }: Placement) => kind === 'unmatched' || kind === 'surplus'

function detailOf({ rules }: Cluster, { rule: number }: Placement): string {
  const rule = rules?.nodes[(number ?? 0) - 1]
  return `rule ${number}${rule ? `: ${ruleText(rule)}` : ''}`
}

/** The cluster as a file. */
export const exported = ({ name, project, settings, rules }: Declared) =>
  declarationOf({ name, project }, settings, rules)
