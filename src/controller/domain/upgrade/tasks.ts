import { remedy } from '../../../protocol/api/remedy.ts'
import type { HeldPod, OperationAnswer } from '../../../protocol/wire/operation.ts'
import type { Cluster, Node } from '../records.ts'
import type { Situation } from '../situation.ts'
import { halted, returnProblem, untilResumed } from './follow-runs.ts'
import { etcdProblem, isEtcdKnown, lastEndOf } from './health.ts'
import type { Upgrade } from './record.ts'
import { mustMoveLeader } from './steer.ts'
import {
  isActive,
  isAway,
  isMasterTarget,
  isUnderWay,
  type Target,
  targetsOf,
  upgradeRunOf,
  withNode,
} from './upgrade.ts'

/** What a master is asked to do for the upgrade, again and again until it is done. */
export type Task = { kind: 'check' } | { kind: 'etcd' } | { kind: 'drain' | 'uncordon' | 'move-leader'; node: Node }

/** The tasks that are due. */
export function tasksOf(situation: Situation): Task[] {
  const { cluster } = situation
  const { upgrade } = cluster
  if (!isActive(upgrade) || cluster.desired !== 'provision') return []
  const targets = targetsOf(situation, upgrade)
  const uncordons = targets
    .filter((target) => mayUncordon(situation, upgrade, target))
    .map(({ node }): Task => ({ kind: 'uncordon', node }))
  if (upgrade.state !== 'running') return uncordons
  if (!upgrade.isChecked) return [{ kind: 'check' }, ...uncordons]
  const drains = targets
    .filter((target) => target.its.phase === 'draining' && !isAway(target))
    .map(({ node }): Task => ({ kind: 'drain', node }))
  return [...uncordons, ...drains, ...ofEtcd(situation, upgrade, targets)]
}

/** After its run, once it is back; or when the upgrade ends, and it has no run. */
function mayUncordon(situation: Situation, { state }: Upgrade, target: Target): boolean {
  if (!target.its.isCordoned) return false
  if (state === 'cancelling') return upgradeRunOf(target)?.state !== 'open'
  return target.its.phase === 'settling' && returnProblem(situation, target) === undefined
}

function ofEtcd(situation: Situation, upgrade: Upgrade, targets: readonly Target[]): Task[] {
  const masters = targets.filter((target) => isMasterTarget(target) && target.its.phase !== 'done')
  const current = masters.find(isUnderWay)
  const isWaiting = current === undefined ? masters.length > 0 : current.its.phase === 'drained'
  if (!isWaiting) return []
  const since = lastEndOf(situation, upgrade)
  if (!isEtcdKnown(situation, upgrade, since) || etcdProblem(situation, upgrade, since) !== undefined) {
    return [{ kind: 'etcd' }]
  }
  if (current === undefined || !mustMoveLeader(situation, upgrade, current)) return []
  const others = targets.filter((target) => isMasterTarget(target) && target.node.id !== current.node.id)
  const next = others.find(({ its }) => its.phase === 'done') ?? others[0]
  return next ? [{ kind: 'move-leader', node: next.node }] : []
}

/** The upgrade after the answer of a master. An answer that comes too late changes nothing. */
export function afterTask(cluster: Cluster, upgrade: Upgrade, task: Task, answer: OperationAnswer, now: Date): Upgrade {
  if (!isActive(upgrade)) return upgrade
  switch (task.kind) {
    case 'check':
      return upgrade.isChecked ? upgrade : afterCheck(cluster, upgrade, answer)
    case 'etcd':
      if (answer.outcome !== 'done') return upgrade
      return { ...upgrade, etcd: { at: now.toISOString(), members: answer.etcd ?? [] } }
    case 'move-leader':
      return { ...upgrade, etcd: null }
    case 'drain':
      return afterDrain(cluster, upgrade, task.node, answer)
    case 'uncordon':
      return afterUncordon(upgrade, task.node, answer)
  }
}

function afterCheck(cluster: Cluster, upgrade: Upgrade, answer: OperationAnswer): Upgrade {
  if (answer.outcome === 'not-yet') return { ...upgrade, waitingFor: answer.waitingFor }
  if (answer.outcome === 'failed') return halted(upgrade, untilResumed(cluster, answer.error))
  const [first, ...others] = (answer.findings ?? []).filter(({ level }) => level === 'blocks')
  if (first === undefined) return { ...upgrade, isChecked: true, waitingFor: null }
  const { level: _, ...error } = first
  const more = others.length > 0 ? ` (and ${others.length} more)` : ''
  return halted(upgrade, untilResumed(cluster, { ...error, message: `${error.message}${more}` }))
}

function afterDrain(cluster: Cluster, upgrade: Upgrade, { id, name }: Node, answer: OperationAnswer): Upgrade {
  const its = upgrade.nodes.find((node) => node.id === id)
  if (its?.phase !== 'draining') return upgrade
  if (answer.outcome === 'done') return withNode(upgrade, id, { phase: 'drained', deadline: null, waitingFor: null })
  if (answer.outcome === 'failed') return halted(upgrade, untilResumed(cluster, answer.error))
  const { blocked, waitingFor } = answer
  const told = withNode(upgrade, id, { waitingFor })
  if (blocked?.isPastDeadline !== true || upgrade.drain.onBlocked !== 'wait') return told
  return halted(told, blockedError(cluster.name, name, waitingFor, blocked.pods))
}

function blockedError(cluster: string, node: string, waitingFor: string, [first]: readonly HeldPod[]) {
  const budgets = first && first.budgets.length > 0 ? `, which ${first.budgets.join(', ')} protects` : ''
  const pod = first ? `pod ${first.namespace}/${first.name}${budgets}: ${first.reason}` : waitingFor
  return {
    code: 'upgrade/drain-blocked',
    message: `node ${node} cannot be drained in time: ${pod}`,
    ...remedy`let the pod move, then: ${{ do: 'cluster.upgrade', cluster, with: 'resume' }}; or ${{ do: 'cluster.upgrade', cluster, with: 'cancel' }}, and begin again with --on-blocked skip or force`,
  }
}

function afterUncordon(upgrade: Upgrade, { id }: Node, answer: OperationAnswer): Upgrade {
  const its = upgrade.nodes.find((node) => node.id === id)
  if (!its?.isCordoned) return upgrade
  if (answer.outcome === 'not-yet') return withNode(upgrade, id, { waitingFor: answer.waitingFor })
  if (answer.outcome === 'failed') return withNode(upgrade, id, { waitingFor: answer.error.message })
  const isBack = its.phase === 'settling' && upgrade.state !== 'cancelling'
  return withNode(upgrade, id, {
    isCordoned: false,
    deadline: null,
    waitingFor: null,
    phase: isBack ? 'done' : 'waiting',
  })
}
