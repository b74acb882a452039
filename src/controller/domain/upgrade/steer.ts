import { isDeepStrictEqual } from 'node:util'
import { isWithinSkew } from '../../../protocol/kubernetes-version.ts'
import { isUpdating } from '../agent-update/agent-update.ts'
import { unavailableOf } from '../max-unavailable.ts'
import { isBusy } from '../shape.ts'
import type { Situation } from '../situation.ts'
import { followRuns } from './follow-runs.ts'
import { byGroup } from './groups.ts'
import { etcdProblem, isReadyIn, lastEndOf, mastersProblem, presentMasters, reportProblem } from './health.ts'
import type { Upgrade, UpgradedNode } from './record.ts'
import {
  groupOf,
  isActive,
  isAway,
  isDrained,
  isMasterTarget,
  isUnderWay,
  phasesFor,
  type Target,
  targetsOf,
  upgradeRunOf,
  versionFor,
  versionIn,
  withNode,
} from './upgrade.ts'

export type UpgradeDecision =
  /** `version`: all masters have it, so it is the version of the cluster. `endpoint`: from now on, instructions have it. */
  | { kind: 'upgrade'; upgrade: Upgrade; version?: string; endpoint?: string }
  | { kind: 'instruct'; nodeId: string; role: 'upgrade' | 'add-ons'; repair: true; version: string }

/** The next decisions about the upgrade of the cluster. Pure, as all decisions of the director. */
export function steer(situation: Situation): UpgradeDecision[] {
  const { cluster } = situation
  const before = cluster.upgrade
  if (!isActive(before) || cluster.desired !== 'provision') return []
  const followed = followRuns(situation, before)
  const plan = advance(situation, followed)
  const upgrade = concluded(situation, plan.upgrade)
  const masters = targetsOf(situation, upgrade).filter(isMasterTarget)
  const isOfVersion = upgrade.settings === undefined && masters.length > 0
  const version = isOfVersion && masters.every(({ its }) => its.version === versionIn(upgrade))
  const isNewVersion = version && cluster.settings.kubernetesVersion !== versionIn(upgrade)
  const set: UpgradeDecision[] =
    isDeepStrictEqual(before, upgrade) && !isNewVersion
      ? []
      : [{ kind: 'upgrade', upgrade, ...(isNewVersion && { version: versionIn(upgrade) }) }]
  return [...set, ...plan.instructs]
}

interface Plan {
  upgrade: Upgrade
  instructs: UpgradeDecision[]
}

/** Begins what is due: the masters one by one, then the workers in waves, then the add-ons. */
function advance(situation: Situation, upgrade: Upgrade): Plan {
  if (upgrade.state !== 'running') return { upgrade: { ...upgrade, waitingFor: null }, instructs: [] }
  if (!upgrade.isChecked) return waits(upgrade, upgrade.waitingFor ?? 'a master to check the cluster')
  const updating = situation.members.find(({ node }) => isUpdating(situation.cluster.agentUpdate, node.id))
  if (updating) return waits(upgrade, `the update of the agent of ${updating.node.name}`)
  const targets = targetsOf(situation, upgrade)
  const master = masterOnTurn(targets, upgrade)
  if (master) return ofMaster(situation, upgrade, master)
  const workers = targets.filter((target) => !isMasterTarget(target))
  const begun = ofWorkers(situation, upgrade, workers)
  return begun ?? ofAddOns(situation, upgrade, targets)
}

const waits = (upgrade: Upgrade, waitingFor: string): Plan => ({ upgrade: { ...upgrade, waitingFor }, instructs: [] })

/** One that has begun, else one whose run has failed, else one that does not lead etcd, else the leader. */
function masterOnTurn(targets: readonly Target[], { etcd }: Upgrade): Target | undefined {
  const due = targets.filter((target) => isMasterTarget(target) && target.its.phase !== 'done')
  const leads = ({ node }: Target) => etcd?.members.some(({ name, isLeader }) => isLeader && name === node.name)
  return due.find(isUnderWay) ?? due.find(hasFailed) ?? due.find((target) => !leads(target)) ?? due[0]
}

const hasFailed = (target: Target) => upgradeRunOf(target)?.state === 'failed'

function ofMaster(situation: Situation, upgrade: Upgrade, target: Target): Plan {
  const { its, node } = target
  const { phase } = its
  if (phase === 'draining' || phase === 'upgrading' || phase === 'settling') {
    return waits(upgrade, its.waitingFor ?? `master ${node.name}`)
  }
  const since = lastEndOf(situation, upgrade)
  // What the failure may have stopped cannot be waited for.
  const again = hasFailed(target) ? target : undefined
  const report = reportProblem(situation, since, again === undefined)
  const problem = report ?? mastersProblem(situation, again) ?? etcdProblem(situation, upgrade, since)
  if (problem !== undefined) return waits(upgrade, problem)
  if (phase === 'waiting') return { upgrade: begin(situation, upgrade, target), instructs: [] }
  if (mustMoveLeader(situation, upgrade, target)) return waits(upgrade, `another master than ${node.name} to lead etcd`)
  return instruct({ ...upgrade, etcd: null }, [target])
}

/** Whether the master leads etcd, and another one could. */
export function mustMoveLeader(situation: Situation, { etcd, settings }: Upgrade, { node }: Target): boolean {
  // etcd does not restart.
  if (settings) return false
  const leader = etcd?.members.find(({ isLeader }) => isLeader)
  return leader?.name === node.name && presentMasters(situation).some((other) => other.node.id !== node.id)
}

function ofWorkers(situation: Situation, upgrade: Upgrade, workers: readonly Target[]): Plan | undefined {
  const due = workers.filter((target) => target.its.phase !== 'done')
  const here = due
    .filter((target) => isUnderWay(target) || !isAway(target))
    .sort((a, b) => Number(isUnderWay(b)) - Number(isUnderWay(a)) || byGroup(groupOf(a), groupOf(b)))
  const [first] = here
  if (first === undefined) return undefined
  const problem = reportProblem(situation, upgrade.beganAt)
  if (problem !== undefined) return waits(upgrade, problem)
  const drained = here.filter((target) => target.its.phase === 'drained' && !isAway(target) && !isBusy(target))
  if (drained.length > 0) return instruct(upgrade, drained)
  // Another group begins when nothing of this one is under way.
  const isOfGroup = (target: Target) => groupOf(target) === groupOf(first)
  const free = unavailableOf(upgrade.maxUnavailable, workers.filter(isOfGroup).length) - here.filter(isUnderWay).length
  const waiting = here.filter((target) => isOfGroup(target) && target.its.phase === 'waiting')
  const next = waiting.slice(0, Math.max(0, free))
  const begun = next.reduce((each, target) => begin(situation, each, target), upgrade)
  const names = [...here.filter(isUnderWay), ...next].map(({ node }) => node.name)
  return waits(begun, names.slice(0, 3).join(', ') + (names.length > 3 ? ', …' : ''))
}

/** Cordons and drains the node, or leaves its pods where they are. The record has it as cordoned before a master is asked. */
function begin({ now, members }: Situation, upgrade: Upgrade, target: Target): Upgrade {
  if (!isDrained(target, members, upgrade)) return withNode(upgrade, target.node.id, { phase: 'drained' })
  const deadline = new Date(now.getTime() + upgrade.drain.seconds * 1_000).toISOString()
  return withNode(upgrade, target.node.id, { phase: 'draining', isCordoned: true, deadline })
}

function instruct(upgrade: Upgrade, targets: readonly Target[]): Plan {
  const upgrading: Partial<UpgradedNode> = { phase: 'upgrading', deadline: null, waitingFor: null }
  return {
    upgrade: targets.reduce((each, { node }) => withNode(each, node.id, upgrading), upgrade),
    instructs: targets.map(({ node, its }) => ({
      kind: 'instruct',
      nodeId: node.id,
      role: 'upgrade',
      repair: true,
      version: versionFor(upgrade, its),
    })),
  }
}

/**
 * The pods of kube-proxy and CoreDNS run on all nodes, which pull no images. So the add-ons wait for all nodes, except for those that are
 * away from the controller and from Kubernetes.
 */
function ofAddOns(situation: Situation, upgrade: Upgrade, targets: readonly Target[]): Plan {
  if (upgrade.addOns === 'running') {
    // The master that had the run may have been removed.
    const isUnderWay = targets.some((target) => upgradeRunOf(target)?.role === 'add-ons')
    return waits(isUnderWay ? upgrade : { ...upgrade, addOns: 'due' }, 'the add-ons')
  }
  const late = targets.filter(({ its }) => its.phase !== 'done')
  if (upgrade.addOns === 'done') return late[0] ? waits(upgrade, awayText(late)) : waits(upgrade, 'nothing')
  const alive = late.filter(({ node }) => isReadyIn(situation, node.name))
  if (alive.length > 0) return waits(upgrade, awayText(alive))
  const problem = reportProblem(situation, lastEndOf(situation, upgrade)) ?? mastersProblem(situation)
  const master = targets.find(isMasterTarget)
  if (problem !== undefined || master === undefined) return waits(upgrade, problem ?? 'a master')
  const version = versionFor(upgrade, master.its)
  const order: UpgradeDecision = { kind: 'instruct', nodeId: master.node.id, role: 'add-ons', repair: true, version }
  return { upgrade: { ...upgrade, addOns: 'running', waitingFor: 'the add-ons' }, instructs: [order] }
}

const awayText = (nodes: readonly Target[]) => `node ${nodes.map(({ node }) => node.name).join(', ')} to be connected`

/** Begins the next round, or ends the upgrade. */
function concluded(situation: Situation, upgrade: Upgrade): Upgrade {
  const targets = targetsOf(situation, upgrade)
  const endedAt = situation.now.toISOString()
  if (upgrade.state === 'cancelling') {
    const isAtWork = targets.some((target) => target.its.isCordoned || upgradeRunOf(target)?.state === 'open')
    return isAtWork ? upgrade : { ...upgrade, state: 'cancelled', waitingFor: null, endedAt }
  }
  if (upgrade.state !== 'running' || upgrade.addOns !== 'done') return upgrade
  const next = upgrade.rounds[upgrade.round + 1]
  const late = targets.filter(({ its }) => its.phase !== 'done')
  if (next === undefined) {
    return late.length > 0 ? upgrade : { ...upgrade, state: 'done', waitingFor: null, etcd: null, endedAt }
  }
  const tooOld = late.find(({ its }) => !isWithinSkew(its.version, next))
  if (tooOld || late.some(isUnderWay)) return upgrade
  const round = upgrade.round + 1
  return phasesFor({ ...upgrade, round, isChecked: false, addOns: 'due', etcd: null, waitingFor: null })
}
