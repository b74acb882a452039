import { AgentError } from '../../base/agent-error.ts'
import type { DrainRequest, DrainView } from '../../protocol/api/nodes/scheduling.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import type { AuditChange } from '../../protocol/audit/entry.ts'
import type { OperationAnswer, OperationOrder } from '../../protocol/wire/operation.ts'
import type { HasActs } from '../audit/recorded.ts'
import { refusal, refusalFor } from '../domain/admission.ts'
import type { ClusterData } from '../domain/draft.ts'
import type { Node } from '../domain/records.ts'
import { upgradeActive } from '../domain/upgrade/active.ts'
import type { HasAuthority, HasClock, HasOperations, HasPresence, HasStore } from '../ports.ts'
import { connectedMasters, situationOf } from '../reconcile/situation-of.ts'
import { missing } from './find.ts'

type Ports = HasStore & HasClock & HasPresence & HasAuthority & HasOperations & HasActs
type Done = OperationAnswer & { outcome: 'done' }

/** Until a person uncordons it: an upgrade, which cordons nodes for a while, does not. */
export async function cordonNode(ports: Ports, node: Node): Promise<{ node: string; isCordoned: boolean }> {
  const place = await placeOf(ports, node)
  await ports.doRecorded([changeOf(node, { isCordoned: { after: true } })], () => cordon(place))
  return { node: node.name, isCordoned: true }
}

export async function uncordonNode(ports: Ports, node: Node): Promise<{ node: string; isCordoned: boolean }> {
  const place = await placeOf(ports, node)
  const { cluster } = place.data
  // The upgrade would go on to drain it.
  const isOfUpgrade = cluster.upgrade?.nodes.some(({ id, isCordoned }) => id === node.id && isCordoned) === true
  const active = isOfUpgrade ? upgradeActive(cluster) : undefined
  if (active) throw refusalFor(active)
  await ports.doRecorded([changeOf(node, { isCordoned: { after: false } })], () =>
    ended(place, { operation: 'uncordon', target: place.target, onlyOwn: false }),
  )
  return { node: node.name, isCordoned: false }
}

/** The most drains of one node that are known as acts that have begun. */
const MOST_DRAINS = 16

/**
 * Works on it for some seconds. Requests with the same deadline, and that treat pods that cannot move in the same way, are one act. Drains
 * of several people go on beside each other, as with kubectl: each has its own deadline, and all are done when the node is drained.
 */
export async function drainNode(ports: Ports, node: Node, request: DrainRequest): Promise<DrainView> {
  const place = await placeOf(ports, node)
  const { seconds, onBlocked } = request
  // The clock of a person's machine may be wrong, and a past deadline would end pods at once.
  const deadline = request.deadline ?? new Date(ports.now().getTime() + seconds * 1_000).toISOString()
  const { drains } = ports.operations
  const begun = drains.get(node.id) ?? []
  const drain = `${deadline} ${onBlocked}`
  if (!begun.includes(drain)) {
    // As a person: the cordon of cordon-and-drain has an upgrade's mark, and an upgrade would remove it.
    const fields = { isCordoned: { after: true }, drainedUntil: { after: deadline }, onBlocked: { after: onBlocked } }
    await ports.doRecorded([changeOf(node, fields)], () => cordon(place))
    drains.set(node.id, [...(drains.get(node.id) ?? []), drain].slice(-MOST_DRAINS))
  }
  const answer = await ask(place, { operation: 'cordon-and-drain', target: place.target, deadline, onBlocked })
  const its = { node: node.name, deadline, isPastDeadline: ports.now().getTime() >= Date.parse(deadline) }
  if (answer.outcome === 'done') {
    drains.delete(node.id)
    return { ...its, isDone: true, waitingFor: null, held: answer.held ?? [] }
  }
  const { waitingFor, blocked } = answer
  return { ...its, isDone: false, waitingFor, held: blocked?.pods ?? [] }
}

/** The states in which no instruction has added the node to its cluster, or it has been removed. */
const OUTSIDE: readonly Node['state'][] = ['DISCOVERED', 'APPROVED', 'CONFIGURED', 'REMOVED']

interface Place {
  ports: Ports
  data: ClusterData
  /** Those that can do it; the node itself is the last one, because people may want to stop it. */
  masters: Node[]
  target: { name: string; address: string; role: 'master' | 'worker' }
}

async function placeOf(ports: Ports, node: Node): Promise<Place> {
  if (OUTSIDE.includes(node.state)) throw notInCluster(node)
  const data = await ports.store.load(node.clusterId)
  if (!data) throw missing('node', node.id)
  const { members } = situationOf(ports, data)
  const masters = connectedMasters(ports, members)
  const own = ({ id }: Node) => id === node.id
  const role = node.roles.includes('master') ? 'master' : 'worker'
  const { name, address } = node
  return {
    ...{ ports, data, target: { name, address, role } },
    masters: [...masters.filter((each) => !own(each)), ...masters.filter(own)],
  }
}

const cordon = (place: Place) => ended(place, { operation: 'cordon', target: place.target })

async function ended(place: Place, order: OperationOrder): Promise<Done> {
  const answer = await ask(place, order)
  if (answer.outcome === 'done') return answer
  const found = `node ${place.target.name} waits for ${answer.waitingFor}`
  throw new AgentError('node/not-yet', found, { fix: 'run the same command again', kind: 'unreachable' })
}

async function ask({ ports, masters, data }: Place, order: OperationOrder) {
  const asked = await ports.operations.ask(ports, masters, order)
  if (!asked) {
    const { name } = data.cluster
    const found = `no master of cluster ${name} is connected that runs its API`
    const fix = remedy`check its masters: ${{ do: 'cluster.show', cluster: name }}`
    throw new AgentError('node/no-master', found, { ...fix, kind: 'unreachable' })
  }
  const { answer, master } = asked
  if (answer.outcome !== 'failed') return answer
  const { code, message, fix } = answer.error
  if (code === 'node/not-registered') throw refusal('node/not-in-cluster', message, fix)
  throw new AgentError(code, `master ${master.name}: ${message}`, { fix })
}

const notInCluster = ({ name, state }: Node) =>
  refusal(
    'node/not-in-cluster',
    `node ${name} is ${state}, so it is not in its cluster`,
    remedy`see: ${{ do: 'node.show', node: name }}`,
  )

const changeOf = ({ id, name }: Node, fields: AuditChange['fields']): AuditChange => ({
  ...{ record: 'node', id, name, change: 'changed', fields },
})
