import type { OperationAnswer, Target } from '../../protocol/wire/operation.ts'
import type { Core } from '../core.ts'
import type { Node } from '../domain/records.ts'
import { isAtWork, wasTouched } from '../domain/shape.ts'
import type { Situation } from '../domain/situation.ts'
import { tellState } from './node-state.ts'
import { connectedHolders, situationOf } from './situation-of.ts'

const AGAIN_MS = 2_000
const AGAIN_AFTER_FAILURE_MS = 60_000

/** What is to be taken out of a cluster: a node that leaves, by its id, or one that has gone already. */
interface Departure {
  key: string
  nodeId?: string
  target: Target
}

/**
 * Has masters take out of the cluster whoever leaves it or has gone from it, each by one operation at a time, and calls `after`
 * when that has ended. Who leaves ends what it does first.
 */
export function retireThose(core: Core, situation: Situation, after: () => void): void {
  const { departures } = core.operations
  for (const { key } of departuresOf(core, situation)) {
    const known = departures.get(key)
    if (known?.isResting) continue
    departures.set(key, { waitingFor: known?.waitingFor ?? 'a master to take it out of the cluster', isResting: true })
    setImmediate(() => {
      void retire(core, situation.cluster.id, key)
        .catch((error: unknown) => core.log(`retire ${key}: ${error instanceof Error ? error.stack : error}`))
        .finally(() => {
          after()
          core.changes.announce()
        })
    })
  }
}

/** Within a transaction: the node goes at once, and its cluster may still have something of it. */
export function noteGone(core: Core, node: Node): void {
  const gone = targetOf(core, node)
  forgetGone(core, node.clusterId, ({ name, address }) => name === gone.name && address === gone.address)
  const before = core.store.clusters.get(node.clusterId)?.gone ?? []
  core.store.clusters.update(node.clusterId, { gone: [...before, gone] })
}

export function forgetGone(core: Core, clusterId: string, which: (gone: Target) => boolean): void {
  const before = core.store.clusters.get(clusterId)?.gone ?? []
  const after = before.filter((gone) => !which(gone))
  if (after.length < before.length) core.store.clusters.update(clusterId, { gone: after })
}

/** What taking it out waits for; undefined while nobody has begun to. */
export function waitOf(core: Core, key: string): string | undefined {
  return core.operations.departures.get(key)?.waitingFor
}

export function keyOfGone(clusterId: string, { name, address }: Pick<Target, 'name' | 'address'>): string {
  return `${clusterId} ${name} ${address}`
}

function departuresOf(core: Core, { cluster, members }: Situation): Departure[] {
  const leaving = members
    .filter((member) => member.node.leaving === 'retire' && !isAtWork(member))
    .map(({ node }) => ({ key: node.id, nodeId: node.id, target: targetOf(core, node) }))
  // Nothing of a cluster that is being reset stays.
  const gone = (cluster.desired === 'reset' ? [] : cluster.gone).map((target) => ({
    key: keyOfGone(cluster.id, target),
    target,
  }))
  const staying = members.map(({ node }) => node).filter((node) => wasTouched(node) && node.leaving === 'no')
  return [...leaving, ...gone].map((departure) => {
    // etcd has one member at an address: what is there now is that of the node that has it now.
    const isTaken = staying.some(({ address }) => address === departure.target.address)
    return isTaken ? { ...departure, target: { ...departure.target, role: 'worker' } } : departure
  })
}

/** What it was in the cluster its runs tell, also where its roles were taken away. */
function targetOf(core: Core, { id, name, address }: Node): Target {
  const [run] = core.store.runs.where("node_id = ? AND role <> 'reset' ORDER BY generation DESC LIMIT 1", id)
  return { name, address, role: run?.role === 'first-master' || run?.role === 'master' ? 'master' : 'worker' }
}

async function retire(core: Core, clusterId: string, key: string): Promise<void> {
  const { departures } = core.operations
  const situation = situationOf(core, clusterId)
  const departure = situation && departuresOf(core, situation).find((each) => each.key === key)
  if (!departure) return void departures.delete(key)
  const { target } = departure
  let waitingFor = 'a master that is connected'
  let againMs = AGAIN_MS
  try {
    const asked = await core.operations.ask(core, connectedHolders(core, situation.members), {
      operation: 'retire',
      target,
    })
    if (asked && conclude(core, clusterId, departure, asked.answer)) return void departures.delete(key)
    if (asked?.answer.outcome === 'not-yet') waitingFor = asked.answer.waitingFor
    if (asked?.answer.outcome === 'failed') {
      const { message } = asked.answer.error
      if (waitOf(core, key) !== message) core.log(`node ${target.name} is still in its cluster: ${message}`)
      waitingFor = message
      againMs = AGAIN_AFTER_FAILURE_MS
    }
  } finally {
    // It is tried again at the next look after all nodes that comes after this.
    const known = departures.get(key)
    if (known) {
      const resting = { waitingFor, isResting: true }
      departures.set(key, resting)
      setTimeout(() => Object.assign(resting, { isResting: false }), againMs).unref()
    }
  }
}

/** Whether that is all. A node that must not leave stays; one that has gone is out some day. */
function conclude(core: Core, clusterId: string, { nodeId, target }: Departure, answer: OperationAnswer): boolean {
  if (answer.outcome === 'not-yet') return false
  if (nodeId === undefined) {
    if (answer.outcome === 'failed') return false
    forgetGone(core, clusterId, ({ name, address }) => name === target.name && address === target.address)
    return true
  }
  // It may have been removed by force meanwhile, or kept by a reset of its cluster.
  if (core.store.nodes.get(nodeId)?.leaving !== 'retire') return true
  if (answer.outcome === 'done') core.store.nodes.update(nodeId, { leaving: 'reset' })
  else core.store.nodes.update(nodeId, { leaving: 'no', error: answer.error })
  if (answer.outcome === 'failed') tellState(core, nodeId)
  return true
}
