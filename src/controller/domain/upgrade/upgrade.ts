import { compareVersions } from '../../../protocol/kubernetes-version.ts'
import type { Cluster, Node } from '../records.ts'
import { isMaster, mastersOf } from '../shape.ts'
import type { Member, Situation } from '../situation.ts'
import type { Upgrade, UpgradedNode } from './record.ts'

/** A node that belongs to the upgrade, with what is known about it. */
export interface Target extends Member {
  its: UpgradedNode
}

export const isActive = (upgrade: Upgrade | null): upgrade is Upgrade =>
  upgrade !== null && upgrade.state !== 'cancelled' && upgrade.state !== 'done'

/** The version that the present round brings. */
export const versionIn = ({ rounds, round }: Upgrade): string => rounds[round] ?? ''

/** The version that the present round brings to a node. A change of settings keeps it. */
export const versionFor = (upgrade: Upgrade, { version }: Pick<UpgradedNode, 'version'>): string =>
  upgrade.settings ? version : versionIn(upgrade)

/** Whether it moves the nodes to another API endpoint, if only as a part of an upgrade. */
export const isMove = (upgrade: Pick<Upgrade, 'settings' | 'unfinished'> | null): boolean =>
  (upgrade?.settings ?? upgrade?.unfinished)?.includes('endpoint') === true

/** What was to change in settings when it was cancelled, and has not on all nodes; undefined if nothing. */
export function unfinishedIn(upgrade: Upgrade | null): string[] | undefined {
  return upgrade?.state === 'cancelled' ? (upgrade.settings ?? upgrade.unfinished) : undefined
}

/** `the upgrade to v1.37.2`, `the change of httpProxy`. */
export const nameOf = ({ settings, rounds }: Pick<Upgrade, 'settings' | 'rounds'>): string =>
  settings ? `the change of ${settings.join(', ')}` : `the upgrade to ${rounds.at(-1)}`

/** The version of Kubernetes on a node of the cluster. Nodes that joined later have that of the cluster. */
export function versionOn(
  { settings, upgrade }: Pick<Cluster, 'settings' | 'upgrade'>,
  { id }: Pick<Node, 'id'>,
): string {
  return upgrade?.nodes.find((each) => each.id === id)?.version ?? settings.kubernetesVersion
}

/** The nodes that were there when it began, and are not being removed. Masters first. */
export function targetsOf({ members }: Pick<Situation, 'members'>, { nodes }: Upgrade): Target[] {
  const order = mastersOf(members).map(({ id }) => id)
  const rank = ({ node }: Member) => (order.includes(node.id) ? order.indexOf(node.id) : order.length)
  return members
    .flatMap((member) => {
      const its = nodes.find(({ id }) => id === member.node.id)
      return its && member.node.leaving === 'no' ? [{ ...member, its }] : []
    })
    .sort((a, b) => rank(a) - rank(b))
}

export const groupOf = ({ its: { group } }: Target): string | null => group ?? null
export const isMasterTarget = (target: Target): boolean => isMaster(target)
export const isAway = ({ node }: Target): boolean => node.silent === 'unreachable'
/** It has begun, and is not back in the cluster yet. */
export const isUnderWay = ({ its: { phase } }: Target): boolean => phase !== 'waiting' && phase !== 'done'

/** The run that upgrades the node in the present phase. */
export const upgradeRunOf = ({ repair }: Pick<Member, 'repair'>) =>
  repair?.role === 'upgrade' || repair?.role === 'add-ons' ? repair : null

export function withNode(upgrade: Upgrade, id: string, to: Partial<UpgradedNode>): Upgrade {
  return { ...upgrade, nodes: upgrade.nodes.map((node) => (node.id === id ? { ...node, ...to } : node)) }
}

/** At the beginning of a round: nodes that have its version, or a later one, are done. */
export function phasesFor(upgrade: Upgrade): Upgrade {
  const hasIt = ({ version }: UpgradedNode) => compareVersions(version, versionIn(upgrade)) >= 0
  const nodes = upgrade.nodes.map((node): UpgradedNode => ({ ...node, phase: hasIt(node) ? 'done' : 'waiting' }))
  return { ...upgrade, nodes }
}

/**
 * Whether a node is drained before its upgrade: one that runs workloads, if others can take them. On the only one, pods stay where they
 * are: containers go on while the kubelet is exchanged.
 */
export function isDrained(
  { node }: Member,
  members: readonly Member[],
  { settings }: Pick<Upgrade, 'settings'> = {},
): boolean {
  // Kubelet and containerd restart without their containers.
  if (settings) return false
  const runsWorkloads = (each: Node) => each.roles.includes('worker') && each.leaving === 'no'
  return runsWorkloads(node) && members.some((other) => other.node.id !== node.id && runsWorkloads(other.node))
}
