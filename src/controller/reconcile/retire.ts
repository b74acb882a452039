import type { OperationAnswer, Target } from '../../protocol/wire/operation.ts'
import { type ClusterData, type Draft, nodeIn } from '../domain/draft.ts'
import { isBusy, mayHaveKubernetes } from '../domain/shape.ts'
import type { Situation } from '../domain/situation.ts'
import { failureText } from '../failure-text.ts'
import type { HasAuthority, HasClock, HasLog, HasOperations, HasPresence, HasStore } from '../ports.ts'
import { forgetGone, targetOf } from './gone.ts'
import { addStateEvent } from './node-state.ts'
import { connectedMasters, situationOf } from './situation-of.ts'

type Ports = HasStore & HasClock & HasAuthority & HasPresence & HasOperations & HasLog
/** Changes the cluster and reconciles it. */
type Reconcile = (work: (draft: Draft) => void) => Promise<unknown>

const AGAIN_MS = 2_000
const AGAIN_AFTER_FAILURE_MS = 60_000

/** A node to remove from the Kubernetes cluster. `nodeId` is absent if its record was already deleted. */
interface Departure {
  key: string
  nodeId?: string
  target: Target
}

/**
 * Asks masters to remove leaving and deleted nodes from the cluster, with one operation at a time for each, and reconciles
 * when an operation ends. A leaving node first ends its open run.
 */
export function retireThose(ports: Ports, data: ClusterData, reconcile: Reconcile): void {
  const { departures } = ports.operations
  for (const { key } of departuresOf(data, situationOf(ports, data))) {
    const known = departures.get(key)
    if (known?.isResting) continue
    departures.set(key, { waitingFor: known?.waitingFor ?? 'a master to remove it from the cluster', isResting: true })
    setImmediate(() => {
      void retire(ports, data.cluster.id, key, reconcile).catch((error: unknown) => {
        ports.log(`retire ${key}: ${failureText(error)}`)
        // The next look after all nodes begins it again.
        departures.delete(key)
      })
    })
  }
}

/** What the removal of a node from the cluster waits for; undefined before it begins. */
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
  // In a cluster that is being reset, there is nothing to remove.
  const gone = (cluster.desired === 'reset' ? [] : cluster.gone).map((target) => ({
    key: keyOfGone(cluster.id, target),
    target,
  }))
  const staying = members.map(({ node }) => node).filter((node) => mayHaveKubernetes(node) && node.leaving === 'no')
  return [...leaving, ...gone].map((departure) => {
    // If another node has the address now, the etcd member with this address is its own and must not be removed.
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
  let waitingFor = 'a connected master'
  let againMs = AGAIN_MS
  try {
    const asked = await ports.operations.ask(ports, connectedMasters(ports, situation.members), {
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
    // The next reconciliation after this pause retries it.
    if (departures.has(key)) {
      const resting = { waitingFor, isResting: true }
      departures.set(key, resting)
      setTimeout(() => Object.assign(resting, { isResting: false }), againMs).unref()
    }
  }
  await reconcile(() => undefined)
}

/** A failure ends the removal of a node, which stays. For a deleted node, the operation is retried until it succeeds. */
function isTheEnd({ nodeId }: Departure, { outcome }: OperationAnswer): boolean {
  return outcome === 'done' || (outcome === 'failed' && nodeId !== undefined)
}

function conclude(draft: Draft, { nodeId, target }: Departure, answer: OperationAnswer): void {
  if (nodeId === undefined) {
    forgetGone(draft, ({ name, address }) => name === target.name && address === target.address)
    return
  }
  // Meanwhile the node may have been removed with --force, or its cluster reset.
  if (nodeIn(draft, nodeId)?.leaving !== 'retire') return
  if (answer.outcome !== 'failed') {
    draft.setNode(nodeId, { leaving: 'reset' })
    return
  }
  draft.setNode(nodeId, { leaving: 'no', error: answer.error })
  addStateEvent(draft, nodeId)
}
