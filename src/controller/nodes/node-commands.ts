import { AgentError } from '../../base/agent-error.ts'
import type { LeaveRequest } from '../../protocol/api/agents.ts'
import type { ConfigureRequest } from '../../protocol/api/nodes.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import type { Core } from '../core.ts'
import { admitDisks, admitInterface, admitRoles, refusal } from '../domain/admission.ts'
import { anewWith, movedProblem } from '../domain/problems/moved-address.ts'
import type { Cluster, Node } from '../domain/records.ts'
import { holdsCluster, wasTouched } from '../domain/shape.ts'
import { admitNodes } from '../domain/subnets.ts'
import { forget, hasBegun, tellState } from '../reconcile/node-state.ts'
import { reconcile } from '../reconcile/reconcile.ts'
import { noteGone } from '../reconcile/retire.ts'
import { situationOf } from '../reconcile/situation-of.ts'
import { clusterOf } from './find.ts'

/** Lets a DISCOVERED node in. One of the same name that is gone gives way to it; one that is there does not. */
export function approve(core: Core, node: Node): void {
  const { store } = core
  if (node.state !== 'DISCOVERED') {
    if (node.state !== 'REMOVED') return
    throw refusal('node/removed', `node ${node.name} was removed`, 'install the agent on it again')
  }
  const others = store.nodes.where(
    "cluster_id = ? AND name = ? AND id <> ? AND state NOT IN ('REMOVED', 'DISCOVERED')",
    node.clusterId,
    node.name,
    node.id,
  )
  const present = others.find((other) => core.presence.isConnected(other.id))
  if (present) {
    const removal = { do: 'node.remove', node: present.id, force: true } as const
    const fix = remedy`give one of them another name (install with --hostname), or: ${removal}`
    throw refusal('node/name-taken', `node ${present.id} is connected under the name ${node.name} already`, fix)
  }
  store.transaction(() => {
    for (const other of others) {
      if (wasTouched(other)) noteGone(core, other)
      forget(core, other)
    }
    const approvedAt = core.now().toISOString()
    for (const { fingerprint } of store.enrolments.where("node_id = ? AND state = 'pending'", node.id)) {
      store.enrolments.update(fingerprint, { state: 'approved' })
    }
    store.nodes.update(node.id, { state: 'APPROVED', approvedAt })
    tellState(core, node.id)
  })
  settle(core, node)
}

export function configure(core: Core, node: Node, request: ConfigureRequest): void {
  const { store } = core
  const cluster = clusterOf(core, node)
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
  const others = store.nodes.where('cluster_id = ? AND id <> ?', node.clusterId, node.id)
  const roles = [...new Set(request.roles)]
  admitRoles(cluster, node, others, roles)
  admitNodes(cluster, others.filter(({ state, roles: theirs }) => state !== 'REMOVED' && theirs.length > 0).length + 1)
  admitDisks(node, request.disks)
  const place = admitInterface(node, request.interface)
  admitChange(core, cluster, node, { roles, ...place })
  store.transaction(() => {
    const state = node.state === 'FAILED' ? 'FAILED' : 'CONFIGURED'
    const configuredAt = core.now().toISOString()
    // What is configured while the cluster is up waits until that is asked for again, which looks at all of it first.
    const { attempt } = cluster
    store.nodes.update(node.id, { state, roles, disks: request.disks, configuredAt, attempt, ...place })
    tellState(core, node.id)
  })
  settle(core, node)
}

/** What a former role or address has left on the machine, and in the cluster, only a reset takes away. */
function admitChange(core: Core, cluster: Cluster, node: Node, to: Pick<Node, 'roles' | 'address'>): void {
  if (!hasBegun(core, node)) return
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
export function remove(core: Core, node: Node, force: boolean): void {
  if (node.state === 'REMOVED') return
  if (wasTouched(node) && !force) {
    admitLeaving(core, node)
    core.store.nodes.update(node.id, { leaving: node.leaving === 'no' ? 'retire' : node.leaving, error: null })
  } else {
    core.store.transaction(() => {
      if (wasTouched(node)) noteGone(core, node)
      forget(core, node)
    })
  }
  settle(core, node)
}

/** A cluster is not taken apart node by node: the last one that holds it goes by a reset. */
function admitLeaving(core: Core, node: Node): void {
  const { name } = clusterOf(core, node)
  const members = situationOf(core, node.clusterId)?.members ?? []
  if (members.some((member) => member.node.id !== node.id && holdsCluster(member))) return
  const removal = { do: 'node.remove', node: node.name, force: true } as const
  const fix = remedy`${{ do: 'cluster.reset', cluster: name }}; or, where the machine is gone: ${removal}`
  const found = `node ${node.name} is ${node.state}, and no other master of cluster ${name} could take it out`
  throw refusal('node/in-use', found, fix)
}

/** The agent leaves its machine, by the hand of whoever may do that there. */
export function leave(core: Core, node: Node, stays: LeaveRequest['stays']): void {
  core.log(`node ${node.id} leaves; on its machine stays: ${stays}`)
  if (stays === 'nothing') {
    remove(core, node, true)
    return
  }
  // It goes on in its cluster without us.
  core.store.transaction(() => forget(core, node))
  settle(core, node)
}

/**
 * Within a transaction: somebody took Kubernetes off the node by hand. What it was told to do and has not done yet
 * prevails: it will do that, and its outcome says how the node is.
 */
export function wasReset(core: Core, node: Node): void {
  const { store } = core
  if (!wasTouched(node) || store.runs.count("node_id = ? AND state = 'open'", node.id) > 0) return
  const state = clusterOf(core, node).settings.autoApprove ? 'APPROVED' : 'DISCOVERED'
  store.nodes.update(node.id, { state, error: null, roles: [], configuredAt: null })
  tellState(core, node.id)
  // What its cluster still has of it would be in the way when it joins again.
  if (node.leaving === 'no') noteGone(core, node)
}

function settle(core: Core, node: Node): void {
  reconcile(core, node.clusterId)
  core.presence.deliver(node.id)
  core.changes.announce()
}
