import type { OperationAnswer, Target } from '../../protocol/wire/operation.ts'
import { type ClusterData, type Draft, nodeIn } from '../domain/draft.ts'
import { isBusy, mayHaveKubernetes } from '../domain/shape.ts'
import type { Situation } from '../domain/situation.ts'
import type { HasAuthority, HasClock, HasLog, HasOperations, HasPresence, HasStore } from '../ports.ts'
import { forgetGone, targetOf } from './gone.ts'
import { tellState } from './node-state.ts'
import { connectedHolders, situationOf } from './situation-of.ts'

type Ports = HasStore & HasClock & HasAuthority & HasPresence & HasOperations & HasLog
/** Changes the cluster, and has the director decide after that. */
type Reconcile = (work: (draft: Draft) => void) => Promise<unknown>

const AGAIN_MS = 2_000
const AGAIN_AFTER_FAILURE_MS = 60_000

/** What is to be taken out of a cluster: a node that leaves, by its id, or one that has gone already. */
interface Departure {
  key: string
  nodeId?: string
  target: Target
}

/**
 * Has masters take out of the cluster whoever leaves it or has gone from it, each by one operation at a time, and reconciles
 * when that has ended. Who leaves ends what it does first.
 */
export function retireThose(ports: Ports, data: ClusterData, reconcile: Reconcile): void {
  const { departures } = ports.operations
  for (const { key } of departuresOf(data, situationOf(ports, data))) {
    const known = departures.get(key)
    if (known?.isResting) continue
    departures.set(key, { waitingFor: known?.waitingFor ?? 'a master to take it out of the cluster', isResting: true })
    setImmediate(() => {
      void retire(ports, data.cluster.id, key, reconcile).catch((error: unknown) => {
        ports.log(`retire ${key}: ${error instanceof Error ? error.stack : error}`)
        // The next look after all nodes begins it again.
        departures.delete(key)
      })
    })
  }
}

/** What taking it out waits for; undefined while nobody has begun to. */
export function waitOf({ operations }: HasOperations, key: string): string | undefined {
  return operations.departures.get(key)?.waitingFor
}

export function keyOfGone(clusterId: string, { name, address }: Pick<Target, 'name' | 'address'>): string {
  return `${clusterId} ${name} ${address}`
}

function departuresOf(data: ClusterData, { cluster, members }: Situation): Departure[] {
  const leaving = members
    .filter((member) => member.node.leaving === 'retire' && !isBusy(member))
    .map(({ node }) => ({ key: node.id, nodeId: node.id, target: targetOf(data, node) }))
  // Nothing of a cluster that is being reset stays.
  const gone = (cluster.desired === 'reset' ? [] : cluster.gone).map((target) => ({
    key: keyOfGone(cluster.id, target),
    target,
  }))
  const staying = members.map(({ node }) => node).filter((node) => mayHaveKubernetes(node) && node.leaving === 'no')
  return [...leaving, ...gone].map((departure) => {
    // etcd has one member at an address: what is there now is that of the node that has it now.
    const isTaken = staying.some(({ address }) => address === departure.target.address)
    return isTaken ? { ...departure, target: { ...departure.target, role: 'worker' } } : departure
  })
}

async function retire(ports: Ports, clusterId: string, key: string, reconcile: Reconcile): Promise<void> {
  const { departures } = ports.operations
  const data = await ports.store.load(clusterId)
  const situation = data && situationOf(ports, data)
  const departure = situation && departuresOf(data, situation).find((each) => each.key === key)
  if (!departure) {
    departures.delete(key)
    await reconcile(() => undefined)
    return
  }
  const { target } = departure
  let waitingFor = 'a master that is connected'
  let againMs = AGAIN_MS
  try {
    const asked = await ports.operations.ask(ports, connectedHolders(ports, situation.members), {
      operation: 'retire',
      target,
    })
    if (asked && isTheEnd(departure, asked.answer)) {
      await reconcile((draft) => conclude(draft, departure, asked.answer))
      departures.delete(key)
      return
    }
    if (asked?.answer.outcome === 'not-yet') waitingFor = asked.answer.waitingFor
    if (asked?.answer.outcome === 'failed') {
      const { message } = asked.answer.error
      if (waitOf(ports, key) !== message) ports.log(`node ${target.name} is still in its cluster: ${message}`)
      waitingFor = message
      againMs = AGAIN_AFTER_FAILURE_MS
    }
  } finally {
    // It is tried again at the next look after all nodes that comes after this.
    if (departures.has(key)) {
      const resting = { waitingFor, isResting: true }
      departures.set(key, resting)
      setTimeout(() => Object.assign(resting, { isResting: false }), againMs).unref()
    }
  }
  await reconcile(() => undefined)
}

/** A node that must not leave stays; one that has gone is out some day. */
function isTheEnd({ nodeId }: Departure, { outcome }: OperationAnswer): boolean {
  return outcome === 'done' || (outcome === 'failed' && nodeId !== undefined)
}

function conclude(draft: Draft, { nodeId, target }: Departure, answer: OperationAnswer): void {
  if (nodeId === undefined) {
    forgetGone(draft, ({ name, address }) => name === target.name && address === target.address)
    return
  }
  // It may have been removed by force meanwhile, or kept by a reset of its cluster.
  if (nodeIn(draft, nodeId)?.leaving !== 'retire') return
  if (answer.outcome !== 'failed') {
    draft.setNode(nodeId, { leaving: 'reset' })
    return
  }
  draft.setNode(nodeId, { leaving: 'no', error: answer.error })
  tellState(draft, nodeId)
}
