import { namesOf } from '../../../protocol/declaration/pattern.ts'
import type { Match, NodeRule } from '../../../protocol/declaration/rule.ts'
import type { Facts } from '../../../protocol/wire/facts.ts'
import { mastersProblem } from '../problems/masters-problem.ts'
import { movedProblem } from '../problems/moved-address.ts'
import type { Cluster, Node } from '../records.ts'
import { isMaster, mastersOf } from '../shape.ts'
import type { Member, Situation } from '../situation.ts'
import { isActive } from '../upgrade/upgrade.ts'
import { listOf } from './traits.ts'

export type ProvisionDecision =
  /** Provisions the cluster, with all nodes that are configured. */
  | { kind: 'start' }
  /** Provisions these nodes too. */
  | { kind: 'admit'; nodeIds: string[] }

export interface Provisioning {
  decision: ProvisionDecision | null
  /** What the nodes that follow the rules wait for; null if none waits. */
  waitingFor: string | null
}

const NOTHING: Provisioning = { decision: null, waitingFor: null }
const wait = (waitingFor: string): Provisioning => ({ decision: null, waitingFor })

/**
 * Whether nodes that follow the rules are provisioned now. A cluster starts when it has all masters that its rules are for: one that
 * was started with fewer could not get the others. Workers then join as they come; further masters only when all are there.
 * `hasBundle`: for an architecture.
 */
export function provisioningOf(
  { cluster, members }: Pick<Situation, 'cluster' | 'members'>,
  hasBundle: (arch: Facts['os']['arch']) => boolean,
): Provisioning {
  const waiting = members.filter((member) => isWaiting(member, cluster))
  if (cluster.rules?.provision !== 'automatically' || waiting.length === 0 || cluster.desired === 'reset')
    return NOTHING
  if (isActive(cluster.upgrade)) return wait('the upgrade of the cluster')
  const lacking = waiting.find(({ node }) => !hasBundle(node.facts?.os.arch ?? 'x64'))?.node
  if (lacking) return wait(bundleText(cluster, lacking))
  const masters = mastersText(cluster, members)
  if (cluster.desired === 'none')
    return masters === undefined ? { decision: { kind: 'start' }, waitingFor: null } : wait(masters)
  const ready = waiting.filter((member) => !isMaster(member) || masters === undefined)
  if (ready.length === 0) return wait(masters ?? '')
  return { decision: { kind: 'admit', nodeIds: ready.map(({ node }) => node.id) }, waitingFor: null }
}

/** It was configured by the rules, and takes no part in the current attempt. */
function isWaiting({ node }: Member, { attempt }: Cluster): boolean {
  const { state, ruling, leaving } = node
  return state === 'CONFIGURED' && ruling === 'followed' && leaving === 'no' && node.attempt === attempt
}

function bundleText({ settings }: Cluster, node: Node): string {
  return `a bundle of Kubernetes ${settings.kubernetesVersion} for ${node.facts?.os.arch ?? 'x64'} (node ${node.name})`
}

/** What the masters wait for before they are provisioned. */
function mastersText(cluster: Cluster, members: readonly Member[]): string | undefined {
  const expected = expectedMasters(cluster.rules?.nodes ?? [])
  const found = mastersOf(members).length
  if (!expected) return 'an administrator to provision it, because its rules do not say how many masters it has'
  if (found < expected) return `${expected - found} of ${expected} masters`
  const moved = members.find(({ node }) => node.state === 'CONFIGURED' && movedProblem(node, cluster.name, false))
  if (moved) return `node ${moved.node.name} to have the address ${moved.node.address} again`
  const problem = mastersProblem(cluster, members)
  return problem && `its masters: ${problem.message}`
}

/** How many masters the rules are for; undefined if that is not known. */
export function expectedMasters(rules: readonly NodeRule[]): number | undefined {
  const counts = rules.filter(({ roles }) => roles.includes('master')).map(sizeOf)
  return counts.reduce((sum, count) => (sum === undefined || count === undefined ? undefined : sum + count), 0)
}

/** How many nodes can follow the rule; undefined if that is not limited. */
export function sizeOf({ count, match }: NodeRule): number | undefined {
  const sizes = [count, ...matchSizes(match)].filter((size) => size !== undefined)
  return sizes.length === 0 ? undefined : Math.min(...sizes)
}

function matchSizes({ hostname, machineId, serial, mac, address }: Match): (number | undefined)[] {
  const sum = (sizes: readonly (number | undefined)[]) =>
    sizes.reduce((all, size) => (all === undefined || size === undefined ? undefined : all + size), 0)
  const lists = [machineId, serial, mac].map((list) => (list === undefined ? undefined : listOf(list).length))
  return [
    ...lists,
    hostname === undefined ? undefined : sum(listOf(hostname).map(namesOf)),
    address === undefined ? undefined : sum(listOf(address).map((each) => (each.includes('/') ? undefined : 1))),
  ]
}
