import { commandOf } from '../../protocol/api/remedy.ts'
import { predecessorsOf } from '../domain/director/outlook.ts'
import { nodeReadiness } from '../domain/director/readiness.ts'
import { isRepairable } from '../domain/director/repairs.ts'
import { turnOf } from '../domain/director/turn.ts'
import type { Cluster, Node, Run } from '../domain/records.ts'
import { takesPart } from '../domain/shape.ts'
import type { Member } from '../domain/situation.ts'
import { isActive } from '../domain/upgrade/upgrade.ts'
import type { HasClock, HasLiveProgress, HasOperations, HasPresence } from '../ports.ts'
import { currentStep } from '../reconcile/progress.ts'
import { keyOfGone, waitOf } from '../reconcile/retire.ts'

/** What a node is doing, and what it waits for, as text; null if nothing. */
export interface Activity {
  step: string | null
  waitingFor: string | null
}

export type Activities = HasClock & HasPresence & HasOperations & HasLiveProgress

const NOTHING: Activity = { step: null, waitingFor: null }
const waits = (waitingFor: string, during = ''): Activity => ({
  step: `${during}waiting for ${waitingFor}`,
  waitingFor,
})

/** `members`: of its cluster. */
export function activityOf(
  ports: Activities,
  cluster: Cluster,
  node: Node,
  run: Run | undefined,
  members: readonly Member[],
): Activity {
  const update = ofAgentUpdate(ports, cluster, node)
  if (update) return update
  if (node.leaving === 'retire') return waits(waitOf(ports, node.id) ?? 'its run to end', 'being removed, ')
  if (node.state === 'CONFIGURED' && cluster.desired === 'provision') return beforeStart(ports, node, cluster, members)
  if (!run) return NOTHING
  if (node.state === 'READY') return ofRepair(ports, cluster, node, run, members)
  if (node.state !== 'PROVISIONING') return NOTHING
  if (run.state === 'done' && run.role !== 'reset') {
    const readiness = nodeReadiness(cluster, node, run)
    return readiness.ready ? NOTHING : waits(readiness.waitingFor)
  }
  return ofRun(ports, node, run, members)
}

/** A node is updated only between runs. */
function ofAgentUpdate({ operations }: HasOperations, { agentUpdate }: Cluster, { id }: Node): Activity | undefined {
  const own = agentUpdate?.nodes.find(({ nodeId, state }) => nodeId === id && state === 'updating')
  return own && waits(operations.updates.get(id) ?? 'the node', `agent ${agentUpdate?.version}: `)
}

function ofRun(ports: Activities, node: Node, run: Run, members: readonly Member[]): Activity {
  if (run.state !== 'open') return NOTHING
  if (run.cancel) return { step: 'stopping', waitingFor: null }
  const step = currentStep(run.progress, ports.live.get(run.id))
  if (step === null) {
    return run.acknowledged ? { step: 'starting', waitingFor: null } : waits('the node to acknowledge its instruction')
  }
  const waitingFor = run.progress.awaitsAdmission ? turnText(ports, node, members) : null
  return { step: waitingFor === null ? step : `${step} (waiting for ${waitingFor})`, waitingFor }
}

function ofRepair(ports: Activities, cluster: Cluster, node: Node, run: Run, members: readonly Member[]): Activity {
  if (members.some((member) => member.node.id === node.id && isRepairable(member, cluster))) {
    return waits('its turn to be repaired')
  }
  const { step, waitingFor } = run.repair ? ofRun(ports, node, run, members) : NOTHING
  if (step === null) return ofUpgrade(cluster, node) ?? { step, waitingFor }
  const isUpgrade = run.role === 'upgrade' || run.role === 'add-ons'
  return { step: `${isUpgrade ? 'upgrade' : 'repair'}: ${step}`, waitingFor }
}

/** What an upgrade does with the node between its runs. */
function ofUpgrade({ upgrade }: Cluster, { id }: Node): Activity | undefined {
  const its = isActive(upgrade) ? upgrade.nodes.find((each) => each.id === id) : undefined
  if (its?.phase === 'draining') return waits(its.waitingFor ?? 'its pods to move', 'upgrade: ')
  return its?.phase === 'settling' ? waits(its.waitingFor ?? 'the node to be schedulable', 'upgrade: ') : undefined
}

/** What a configured node waits for before it gets an instruction. */
function beforeStart(ports: Activities, node: Node, cluster: Cluster, members: readonly Member[]): Activity {
  if (!takesPart(node, cluster)) {
    const command = commandOf({ do: 'cluster.provision', cluster: cluster.name })
    return { step: `waiting for: ${command}`, waitingFor: command }
  }
  const predecessor = predecessorsOf({ cluster, members })(node)
  if (!predecessor) return NOTHING
  const { id, name, address } = predecessor
  const why = waitOf(ports, id ?? keyOfGone(cluster.id, predecessor)) ?? 'a master to remove it'
  return waits(`the removal of the former node ${name} (${address}), which waits for ${why}`)
}

/** What a joining node waits for; null if it is its turn. */
function turnText(ports: Activities, node: Node, members: readonly Member[]): string | null {
  const target = members.find((member) => member.node.id === node.id)
  const turn = target && turnOf(target, members)
  if (!turn) return null
  if ('waitingFor' in turn) return turn.waitingFor
  const isReachable = turn.masters.some(({ id }) => ports.presence.isConnected(id))
  return isReachable ? null : `master ${turn.masters[0]?.name} to be connected`
}
