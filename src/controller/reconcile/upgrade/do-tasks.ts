import type { OperationAnswer } from '../../../protocol/wire/operation.ts'
import type { ClusterData, Draft } from '../../domain/draft.ts'
import { isMaster } from '../../domain/shape.ts'
import type { Situation } from '../../domain/situation.ts'
import type { Upgrade } from '../../domain/upgrade/record.ts'
import { afterTask, type Task, tasksOf } from '../../domain/upgrade/tasks.ts'
import { isActive, versionIn } from '../../domain/upgrade/upgrade.ts'
import { failureText } from '../../failure-text.ts'
import type { HasAuthority, HasClock, HasLog, HasOperations, HasPresence, HasStore } from '../../ports.ts'
import { connectedMasters, situationOf } from '../situation-of.ts'

type Ports = HasStore & HasClock & HasAuthority & HasPresence & HasOperations & HasLog
/** Changes the cluster and reconciles it. */
type Reconcile = (work: (draft: Draft) => void) => Promise<unknown>

const AGAIN_MS = 2_000

/**
 * Asks masters for what the upgrade needs, with one operation at a time for each task, and reconciles when one ends. A task that is not
 * done yet is repeated with the next reconciliation after a pause.
 */
export function doTasks(ports: Ports, data: ClusterData, reconcile: Reconcile): void {
  const { upgrading } = ports.operations
  for (const task of tasksOf(situationOf(ports, data))) {
    const key = keyOf(data, task)
    if (upgrading.has(key)) continue
    upgrading.add(key)
    setImmediate(() => {
      void doTask(ports, data.cluster.id, task, reconcile)
        .catch((error: unknown) => {
          ports.log(`${key}: ${failureText(error)}`)
          return true
        })
        .then((isLater) => {
          if (!isLater) upgrading.delete(key)
          else setTimeout(() => upgrading.delete(key), AGAIN_MS).unref()
        })
    })
  }
}

const keyOf = ({ cluster }: ClusterData, task: Task) =>
  `upgrade of ${cluster.id}: ${task.kind}${'node' in task ? ` ${task.node.id}` : ''}`

/** Returns whether it is to be repeated later. */
async function doTask(ports: Ports, clusterId: string, task: Task, reconcile: Reconcile): Promise<boolean> {
  const data = await ports.store.load(clusterId)
  const upgrade = data?.cluster.upgrade ?? null
  if (!data || !isActive(upgrade)) return false
  const situation = situationOf(ports, data)
  // The node itself comes last: its API server goes away for its upgrade.
  const masters = connectedMasters(ports, situation.members)
  const isSubject = ({ id }: { id: string }) => 'node' in task && task.node.id === id
  const order = [...masters.filter((each) => !isSubject(each)), ...masters.filter(isSubject)]
  const asked = await ports.operations.ask(ports, order, orderOf(upgrade, situation, task))
  if (!asked) return true
  const { answer } = asked
  let isNews = true
  await reconcile((draft) => {
    isNews = conclude(draft, task, answer)
  })
  return !isNews || answer.outcome !== 'done'
}

function conclude(draft: Draft, task: Task, answer: OperationAnswer): boolean {
  const { cluster, now } = draft
  if (!cluster.upgrade) return false
  const upgrade = afterTask(cluster, cluster.upgrade, task, answer, now)
  if (JSON.stringify(upgrade) === JSON.stringify(cluster.upgrade)) return false
  draft.setCluster({ upgrade })
  return true
}

function orderOf(upgrade: Upgrade, { members }: Situation, task: Task) {
  if (task.kind === 'check') return { operation: 'check-upgrade', version: versionIn(upgrade) } as const
  if (task.kind === 'etcd') return { operation: 'etcd-status' } as const
  const { id, name, address } = task.node
  const isMasterNode = members.some((member) => member.node.id === id && isMaster(member))
  const target = { name, address, role: isMasterNode ? 'master' : 'worker' } as const
  if (task.kind === 'move-leader') return { operation: 'move-leader', target } as const
  if (task.kind === 'uncordon') return { operation: 'uncordon', target, onlyOwn: true } as const
  const deadline = upgrade.nodes.find((node) => node.id === id)?.deadline ?? upgrade.beganAt
  return { operation: 'cordon-and-drain', target, deadline, onBlocked: upgrade.drain.onBlocked } as const
}
