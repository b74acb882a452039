import { commandOf } from '../../protocol/api/remedy.ts'
import { formersOf } from '../domain/director/outlook.ts'
import { nodeReadiness } from '../domain/director/readiness.ts'
import { isRepairable } from '../domain/director/repairs.ts'
import { turnOf } from '../domain/director/turn.ts'
import type { Cluster, Node, Run } from '../domain/records.ts'
import { takesPart } from '../domain/shape.ts'
import type { Member } from '../domain/situation.ts'
import type { HasClock, HasLiveProgress, HasOperations, HasPresence } from '../ports.ts'
import { currentStep } from '../reconcile/progress.ts'
import { keyOfGone, waitOf } from '../reconcile/retire.ts'

/** In words for people: what a node does now, and what it waits for meanwhile; null when nothing. */
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
  if (node.leaving === 'retire') return waits(waitOf(ports, node.id) ?? 'its run to end', 'leaving, ')
  if (node.state === 'CONFIGURED' && cluster.desired === 'provision') return beforeIt(ports, node, cluster, members)
  if (!run) return NOTHING
  if (node.state === 'READY') return ofRepair(ports, cluster, node, run, members)
  if (node.state !== 'PROVISIONING') return NOTHING
  if (run.state === 'done' && run.role !== 'reset') {
    const readiness = nodeReadiness(cluster, node, run)
    return readiness.ready ? NOTHING : waits(readiness.waitingFor)
  }
  return ofRun(ports, node, run, members)
}

function ofRun(ports: Activities, node: Node, run: Run, members: readonly Member[]): Activity {
  if (run.state !== 'open') return NOTHING
  if (run.cancel) return { step: 'stopping', waitingFor: null }
  const step = currentStep(run.progress, ports.live.get(run.id))
  if (step === null) {
    return run.acknowledged ? { step: 'starting', waitingFor: null } : waits('the node to take its instruction')
  }
  const waitingFor = run.progress.awaitsAdmission ? turnText(ports, node, members) : null
  return { step: waitingFor === null ? step : `${step} (waiting for ${waitingFor})`, waitingFor }
}

function ofRepair(ports: Activities, cluster: Cluster, node: Node, run: Run, members: readonly Member[]): Activity {
  if (members.some((member) => member.node.id === node.id && isRepairable(member, cluster))) {
    return waits('its turn to be repaired')
  }
  const { step, waitingFor } = run.repair ? ofRun(ports, node, run, members) : NOTHING
  return { step: step === null ? null : `repair: ${step}`, waitingFor }
}

/** What a node waits for that has a role and has not begun. */
function beforeIt(ports: Activities, node: Node, cluster: Cluster, members: readonly Member[]): Activity {
  if (!takesPart(node, cluster)) {
    const command = commandOf({ do: 'cluster.provision', cluster: cluster.name })
    return { step: `waiting for: ${command}`, waitingFor: command }
  }
  const former = formersOf({ cluster, members })(node)
  if (!former) return NOTHING
  const why = waitOf(ports, former.id ?? keyOfGone(cluster.id, former)) ?? 'a master to take it out'
  return waits(`the former ${former.name} at ${former.address} to be out of the cluster, which waits for ${why}`)
}

/** What a node that asks to be let in waits for. */
function turnText(ports: Activities, node: Node, members: readonly Member[]): string | null {
  const target = members.find((member) => member.node.id === node.id)
  const turn = target && turnOf(target, members)
  if (!turn) return null
  if ('waitingFor' in turn) return turn.waitingFor
  const isReachable = turn.hosts.some(({ id }) => ports.presence.isConnected(id))
  return isReachable ? null : `master ${turn.hosts[0]?.name} to be connected`
}
