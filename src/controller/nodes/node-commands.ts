import { AgentError } from '../../base/agent-error.ts'
import type { LeaveRequest } from '../../protocol/api/agents.ts'
import type { ConfigureRequest } from '../../protocol/api/nodes.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import { admitDisks, admitInterface, admitRoles, refusal } from '../domain/admission.ts'
import { type Draft, hasOpenRun } from '../domain/draft.ts'
import { anewWith, movedProblem } from '../domain/problems/moved-address.ts'
import type { Cluster, Node } from '../domain/records.ts'
import { holdsCluster, wasTouched } from '../domain/shape.ts'
import { admitNodes } from '../domain/subnets.ts'
import type { HasClock, HasLog, HasPresence } from '../ports.ts'
import { noteGone } from '../reconcile/gone.ts'
import { forget, hasBegun, tellState } from '../reconcile/node-state.ts'
import { type Reconciling, reconcile } from '../reconcile/reconcile.ts'
import { situationOf } from '../reconcile/situation-of.ts'
import { nodeOf } from './find.ts'

type Ports = Reconciling
type Id = Pick<Node, 'id' | 'clusterId'>

/** Lets a DISCOVERED node in. One of the same name that is gone gives way to it; one that is there does not. */
export async function approve(ports: Ports, { id, clusterId }: Id): Promise<void> {
  await reconcile(ports, clusterId, (draft) => approveIn(ports, draft, nodeOf(draft, id)))
}

export function approveIn({ presence }: HasPresence, draft: Draft, node: Node): void {
  if (node.state !== 'DISCOVERED') {
    if (node.state !== 'REMOVED') return
    throw refusal('node/removed', `node ${node.name} was removed`, 'install the agent on it again')
  }
  const isOther = ({ id, name, state }: Node) =>
    name === node.name && id !== node.id && state !== 'REMOVED' && state !== 'DISCOVERED'
  const others = draft.nodes.filter(isOther)
  const present = others.find((other) => presence.isConnected(other.id))
  if (present) {
    const removal = { do: 'node.remove', node: present.id, force: true } as const
    const fix = remedy`give one of them another name (install with --hostname), or: ${removal}`
    throw refusal('node/name-taken', `node ${present.id} is connected under the name ${node.name} already`, fix)
  }
  for (const other of others) {
    if (wasTouched(other)) noteGone(draft, other)
    forget(draft, other)
  }
  for (const { fingerprint, nodeId, state } of draft.enrolments) {
    if (nodeId === node.id && state === 'pending') draft.setEnrolment(fingerprint, { state: 'approved' })
  }
  draft.setNode(node.id, { state: 'APPROVED', approvedAt: draft.now.toISOString() })
  tellState(draft, node.id)
}

export async function configure(ports: Ports, { id, clusterId }: Id, request: ConfigureRequest): Promise<void> {
  await reconcile(ports, clusterId, (draft) => configureIn(draft, nodeOf(draft, id), request))
}

function configureIn(draft: Draft, node: Node, request: ConfigureRequest): void {
  const { cluster } = draft
  if (!['APPROVED', 'CONFIGURED', 'FAILED'].includes(node.state)) {
    const fix =
      node.state === 'DISCOVERED'
        ? remedy`${{ do: 'node.approve', node: node.name }}`
        : remedy`to begin anew: ${{ do: 'cluster.reset', cluster: cluster.name }}`
    throw refusal('node/not-configurable', `node ${node.name} is ${node.state}; wanted APPROVED`, fix)
  }
  if (!node.facts) {
    const fix = remedy`wait until it is connected: ${{ do: 'node.show', node: node.name }}`
    throw refusal('node/no-facts', `node ${node.name} has not told about itself yet`, fix)
  }
  const others = draft.nodes.filter((other) => other.id !== node.id)
  const roles = [...new Set(request.roles)]
  admitRoles(cluster, node, others, roles)
  admitNodes(cluster, others.filter(({ state, roles: theirs }) => state !== 'REMOVED' && theirs.length > 0).length + 1)
  admitDisks(node, request.disks)
  const place = admitInterface(node, request.interface)
  admitChange(draft, cluster, node, { roles, ...place })
  const state = node.state === 'FAILED' ? 'FAILED' : 'CONFIGURED'
  const configuredAt = draft.now.toISOString()
  // What is configured while the cluster is up waits until that is asked for again, which looks at all of it first.
  const { attempt } = cluster
  draft.setNode(node.id, { state, roles, disks: request.disks, configuredAt, attempt, ...place })
  tellState(draft, node.id)
}

/** What a former role or address has left on the machine, and in the cluster, only a reset takes away. */
function admitChange(draft: Draft, cluster: Cluster, node: Node, to: Pick<Node, 'roles' | 'address'>): void {
  if (!hasBegun(draft, node)) return
  const anew = anewWith(node.name, cluster.name)
  const begun = `node ${node.name} has begun to be ${node.roles.join(',')} at ${node.address} and FAILED`
  if (node.roles.includes('master') !== to.roles.includes('master')) {
    throw refusal('node/has-begun', `${begun}; it cannot become ${to.roles.join(',')}`, anew)
  }
  const moved = movedProblem(node, cluster.name, true)
  if (moved) throw new AgentError(moved.code, `${begun}; ${moved.message}`, { ...moved, kind: 'refused' })
  if (node.address !== to.address) {
    const place = node.interface === null ? {} : { interface: node.interface }
    const same = { do: 'node.configure', node: node.name, roles: to.roles, ...place } as const
    throw refusal('node/has-begun', `${begun}; it cannot move to ${to.address}`, remedy`${same}; or, ${anew}`)
  }
}

/**
 * The node is ours no more: its session ends and its certificate is refused. One that may have Kubernetes on it leaves
 * its cluster before, and gives its machine back. `force`: at once, whatever is on it.
 */
export async function remove(ports: Ports, { id, clusterId }: Id, force: boolean): Promise<void> {
  await reconcile(ports, clusterId, (draft) => removeIn(ports, draft, nodeOf(draft, id), force))
}

function removeIn(ports: HasClock & HasPresence, draft: Draft, node: Node, force: boolean): void {
  if (node.state === 'REMOVED') return
  if (wasTouched(node) && !force) {
    admitLeaving(ports, draft, node)
    draft.setNode(node.id, { leaving: node.leaving === 'no' ? 'retire' : node.leaving, error: null })
    return
  }
  if (wasTouched(node)) noteGone(draft, node)
  forget(draft, node)
}

/** A cluster is not taken apart node by node: the last one that holds it goes by a reset. */
function admitLeaving(ports: HasClock & HasPresence, draft: Draft, node: Node): void {
  const { name } = draft.cluster
  const { members } = situationOf(ports, draft)
  if (members.some((member) => member.node.id !== node.id && holdsCluster(member))) return
  const removal = { do: 'node.remove', node: node.name, force: true } as const
  const fix = remedy`${{ do: 'cluster.reset', cluster: name }}; or, where the machine is gone: ${removal}`
  const found = `node ${node.name} is ${node.state}, and no other master of cluster ${name} could take it out`
  throw refusal('node/in-use', found, fix)
}

/** The agent leaves its machine, by the hand of whoever may do that there. */
export async function leave(ports: Ports & HasLog, node: Id, stays: LeaveRequest['stays']): Promise<void> {
  ports.log(`node ${node.id} leaves; on its machine stays: ${stays}`)
  if (stays === 'nothing') {
    await remove(ports, node, true)
    return
  }
  // It goes on in its cluster without us.
  await reconcile(ports, node.clusterId, (draft) => forget(draft, nodeOf(draft, node.id)))
}

/**
 * Somebody took Kubernetes off the node by hand. What it was told to do and has not done yet prevails: it will do that,
 * and its outcome says how the node is.
 */
export function wasReset(draft: Draft, node: Node): void {
  if (!wasTouched(node) || hasOpenRun(draft, node.id)) return
  const state = draft.cluster.settings.autoApprove ? 'APPROVED' : 'DISCOVERED'
  draft.setNode(node.id, { state, error: null, roles: [], configuredAt: null })
  tellState(draft, node.id)
  // What its cluster still has of it would be in the way when it joins again.
  if (node.leaving === 'no') noteGone(draft, node)
}
