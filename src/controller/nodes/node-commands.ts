import type { LeaveRequest } from '../../protocol/api/agents.ts'
import type { ConfigureRequest, LabelRequest } from '../../protocol/api/nodes.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import { refusal, refusalFor } from '../domain/admission.ts'
import { type Draft, lastRunIn } from '../domain/draft.ts'
import { movedProblem, startOverRemedy } from '../domain/problems/moved-address.ts'
import type { Cluster, Node } from '../domain/records.ts'
import { configurationOf } from '../domain/rules/configuration.ts'
import { admitLabelCount, admitLabels } from '../domain/settings/labels.ts'
import { isProvisionedMaster, mayHaveKubernetes } from '../domain/shape.ts'
import type { HasClock, HasLog, HasPresence } from '../ports.ts'
import { noteGone } from '../reconcile/gone.ts'
import { addStateEvent, BLANK, forget, hasBegun } from '../reconcile/node-state.ts'
import { type Reconciling, reconcile } from '../reconcile/reconcile.ts'
import { situationOf } from '../reconcile/situation-of.ts'
import { nodeOf } from './find.ts'
import { handOverOperator } from './operator-certificate.ts'

type Ports = Reconciling
type Id = Pick<Node, 'id' | 'clusterId'>

export async function configure(ports: Ports, { id, clusterId }: Id, request: ConfigureRequest): Promise<void> {
  await reconcile(ports, clusterId, (draft) => configureIn(draft, nodeOf(draft, id), request))
}

function configureIn(draft: Draft, node: Node, request: ConfigureRequest): void {
  const { cluster } = draft
  if (!['APPROVED', 'CONFIGURED', 'FAILED'].includes(node.state)) {
    const fix =
      node.state === 'DISCOVERED'
        ? remedy`${{ do: 'node.approve', node: node.name }}`
        : remedy`to start over: ${{ do: 'cluster.reset', cluster: cluster.name }}`
    throw refusal('node/not-configurable', `node ${node.name} is ${node.state}; wanted APPROVED`, fix)
  }
  if (!node.facts) {
    const fix = remedy`wait until it is connected: ${{ do: 'node.show', node: node.name }}`
    throw refusal('node/no-facts', `node ${node.name} has not reported its facts yet`, fix)
  }
  const others = draft.nodes.filter((other) => other.id !== node.id)
  const to = configurationOf(cluster, node, others, request)
  admitChange(draft, cluster, node, to)
  const state = node.state === 'FAILED' ? 'FAILED' : 'CONFIGURED'
  const configuredAt = draft.now.toISOString()
  // A node that is configured while the cluster is up waits for the next `provision`, which checks the cluster first.
  const { attempt } = cluster
  draft.setNode(node.id, { state, configuredAt, attempt, ruling: 'open', ...to })
  addStateEvent(draft, node.id)
}

/** Throws if role or address would change after the node has begun: only a reset removes what it has installed. */
function admitChange(draft: Draft, cluster: Cluster, node: Node, to: Pick<Node, 'roles' | 'address'>): void {
  if (!hasBegun(draft, node)) return
  const startOver = startOverRemedy(node.name, cluster.name)
  const begun = `node ${node.name} is FAILED as ${node.roles.join(',')} with address ${node.address}`
  if (node.roles.includes('master') !== to.roles.includes('master')) {
    throw refusal('node/has-begun', `${begun}; it cannot become ${to.roles.join(',')}`, startOver)
  }
  const moved = movedProblem(node, cluster.name, true)
  if (moved) throw refusalFor({ ...moved, message: `${begun}; ${moved.message}` })
  if (node.address !== to.address) {
    const place = node.interface === null ? {} : { interface: node.interface }
    const same = { do: 'node.configure', node: node.name, roles: to.roles, ...place } as const
    throw refusal('node/has-begun', `${begun}; it cannot change to ${to.address}`, remedy`${same}; or, ${startOver}`)
  }
}

/** Changes the labels of a node. A READY node gets them at once, others with what provisions them. */
export async function label(ports: Ports, { id, clusterId }: Id, { labels: patch }: LabelRequest): Promise<void> {
  await reconcile(ports, clusterId, (draft) => {
    const node = nodeOf(draft, id)
    if (node.state === 'REMOVED') throw refusal('node/removed', `node ${node.name} was removed`, 'label another node')
    const labels = patched(node.labels, patch)
    admitLabels(labels)
    admitLabelCount(draft.cluster.settings.labels, [{ name: node.name, labels }])
    const isSame = JSON.stringify(labels) === JSON.stringify(patched(node.labels, {}))
    // Also if a run that should have set them has failed.
    if (!isSame || node.error !== null) draft.setNode(node.id, { labels, labelsDue: true })
  })
}

/** By key, so that the same labels are the same text. */
function patched(labels: Readonly<Record<string, string>>, patch: LabelRequest['labels']): Record<string, string> {
  const entries = Object.entries({ ...labels, ...patch }).filter(
    (entry): entry is [string, string] => entry[1] !== null,
  )
  return Object.fromEntries(entries.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

/**
 * Removes a node: its session ends and its certificate is refused. A node that may have Kubernetes is first removed from
 * its cluster and its machine restored. `force`: deletes the record at once.
 */
export async function remove(ports: Ports, { id, clusterId }: Id, force: boolean): Promise<void> {
  await reconcile(ports, clusterId, (draft) => removeIn(ports, draft, nodeOf(draft, id), force))
}

export function removeIn(ports: HasClock & HasPresence, draft: Draft, node: Node, force: boolean): void {
  if (node.state === 'REMOVED') return
  if (mayHaveKubernetes(node) && !force) {
    admitLeaving(ports, draft, node)
    draft.setNode(node.id, { leaving: node.leaving === 'no' ? 'retire' : node.leaving, error: null })
    handOverOperator(draft, node, situationOf(ports, draft).members)
    return
  }
  if (mayHaveKubernetes(node)) noteGone(draft, node)
  forget(draft, node)
  handOverOperator(draft, node, situationOf(ports, draft).members)
}

/** Throws for the last provisioned master: no other master could remove it, and the cluster has to be reset. */
function admitLeaving(ports: HasClock & HasPresence, draft: Draft, node: Node): void {
  const { name } = draft.cluster
  const { members } = situationOf(ports, draft)
  if (members.some((member) => member.node.id !== node.id && isProvisionedMaster(member))) return
  const removal = { do: 'node.remove', node: node.name, force: true } as const
  const fix = remedy`${{ do: 'cluster.reset', cluster: name }}; or, if the machine no longer exists: ${removal}`
  const found = `node ${node.name} is ${node.state}, and cluster ${name} has no other master that could remove it`
  throw refusal('node/in-use', found, fix)
}

/** The agent was uninstalled on the node itself. */
export async function leave(ports: Ports & HasLog, node: Id, stays: LeaveRequest['stays']): Promise<void> {
  ports.log(`node ${node.id}: the agent was uninstalled; remains on the machine: ${stays}`)
  if (stays === 'nothing') {
    await remove(ports, node, true)
    return
  }
  // It stays in its cluster without an agent.
  await reconcile(ports, node.clusterId, (draft) => {
    const own = nodeOf(draft, node.id)
    forget(draft, own)
    handOverOperator(draft, own, situationOf(ports, draft).members)
  })
}

/**
 * `agent reset` was run on the node. While a run is open, the outcome of the run determines the node's state; a run that
 * starts the cluster then starts another one, without the nodes that had joined.
 */
export function wasReset(draft: Draft, node: Node): void {
  if (!mayHaveKubernetes(node)) return
  const open = lastRunIn(draft, node.id, ({ state }) => state === 'open')
  if (open) {
    if (open.role === 'first-master') {
      draft.setRun(open.id, { progress: { ...open.progress, startsAnotherCluster: true } })
    }
    return
  }
  const state = draft.cluster.settings.autoApprove ? 'APPROVED' : 'DISCOVERED'
  draft.setNode(node.id, { state, error: null, ...BLANK })
  addStateEvent(draft, node.id)
  // The node's objects in the cluster would prevent it from joining again.
  if (node.leaving === 'no') noteGone(draft, node)
}
