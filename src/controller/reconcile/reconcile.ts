import type { ErrorReport } from '../../base/agent-error.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import type { Core } from '../core.ts'
import { type Decision, direct } from '../domain/director/director.ts'
import { endpointOf } from '../domain/director/endpoint.ts'
import { movedProblem } from '../domain/problems/moved-address.ts'
import type { Cluster, Node } from '../domain/records.ts'
import { mastersOf } from '../domain/shape.ts'
import type { Situation } from '../domain/situation.ts'
import { tellClusterState } from './cluster-state.ts'
import { instruct } from './instruct.ts'
import { keepEndpoint } from './keep-endpoint.ts'
import { forget, hasBegun, tellState } from './node-state.ts'
import { forgetGone, noteGone, retireThose } from './retire.ts'
import { situationOf } from './situation-of.ts'

/** More rounds than any chain of decisions needs: beyond it the director contradicts itself. */
const MAX_ROUNDS = 50

/** Lets the director decide until it has nothing left to say. Durable as a whole; then nodes and watchers hear of it. */
export function reconcile(core: Core, clusterId: string): void {
  const { rounds, situation } = core.store.transaction(() => settle(core, clusterId))
  if (!situation) return
  retireThose(core, situation, () => reconcile(core, clusterId))
  if (rounds === 0) return
  for (const { node } of situation.members) core.presence.deliver(node.id)
  core.changes.announce()
}

export function reconcileAll(core: Core): void {
  for (const { id } of core.store.clusters.where('1')) reconcile(core, id)
}

function settle(core: Core, clusterId: string): { rounds: number; situation: Situation | undefined } {
  for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
    const situation = situationOf(core, clusterId)
    const decisions = situation ? direct(situation) : []
    if (!situation || decisions.length === 0) return { rounds, situation }
    for (const decision of decisions) carryOut(core, situation, decision)
  }
  throw new Error(`the director does not settle for cluster ${clusterId}`)
}

function carryOut(core: Core, situation: Situation, decision: Decision): void {
  const { store } = core
  switch (decision.kind) {
    case 'silence':
      store.nodes.update(decision.nodeId, { silent: decision.silent })
      tellState(core, decision.nodeId)
      break
    case 'node':
      setNodeState(core, decision)
      break
    case 'instruct':
      instructOrFail(core, situation, decision)
      break
    case 'cancel':
      store.runs.update(decision.runId, { cancel: true })
      break
    case 'expire':
      store.runs.update(decision.runId, { state: 'expired', error: EXPIRED, endedAt: situation.now.toISOString() })
      break
    case 'cluster':
      setClusterState(core, situation, decision)
      break
    case 'problems':
      store.clusters.update(situation.cluster.id, { problems: decision.problems })
      tellClusterState(core, situation.cluster)
      break
  }
}

const EXPIRED = {
  code: 'run/expired',
  message: 'the node did not take the instruction within an hour',
  ...remedy`see that the node is connected (${{ do: 'node.list' }}), then: ${{ do: 'cluster.provision' }}; where its machine is gone: ${{ do: 'node.remove', force: true }}`,
}

function setNodeState(core: Core, { nodeId, state, error }: Decision & { kind: 'node' }): void {
  if (state === 'REMOVED') {
    const node = core.store.nodes.get(nodeId)
    if (node) forget(core, node)
    return
  }
  const isBackAtStart = state === 'DISCOVERED' || state === 'APPROVED'
  const before = core.store.nodes.get(nodeId)
  // Reset, while somebody else may want the cluster up meanwhile: what is left of it then still has this node.
  if (isBackAtStart && before?.leaving === 'no') noteGone(core, before)
  const blank = isBackAtStart ? { roles: [], configuredAt: null } : {}
  core.store.nodes.update(nodeId, { state, error, leaving: 'no', ...blank })
  tellState(core, nodeId)
}

function setClusterState(core: Core, { cluster, now }: Situation, decision: Decision & { kind: 'cluster' }): void {
  const { state, error, settled } = decision
  const readyAt = state === 'READY' ? now.toISOString() : null
  const forgotten = settled
    ? { desired: 'none' as const, report: null, reportAt: null, endpoint: null, gone: [], establishedAt: null }
    : { establishedAt: cluster.establishedAt ?? readyAt }
  core.store.clusters.update(cluster.id, { state, error, readyAt, ...forgotten })
  tellClusterState(core, cluster)
}

function instructOrFail(core: Core, situation: Situation, decision: Decision & { kind: 'instruct' }): void {
  const { cluster, members } = situation
  const { role, repair } = decision
  const node = core.store.nodes.get(decision.nodeId)
  if (!node) return
  const bundle = core.bundles.pick(cluster.settings.kubernetesVersion, node.facts?.os.arch ?? 'x64')
  const problem =
    role === 'reset' ? undefined : (movedOf(core, cluster, node) ?? (bundle ? undefined : noBundle(cluster, node)))
  if (problem) {
    const state = repair ? node.state : 'FAILED'
    core.store.nodes.update(node.id, { state, attempt: cluster.attempt, error: problem })
    tellState(core, node.id)
    return
  }
  // From now on what the cluster has under this name is its own.
  if (role !== 'reset') forgetGone(core, cluster.id, ({ name }) => name === node.name)
  const endpoint = endpointOf(cluster, members)
  instruct(core, cluster, node, { role, endpoint, masters: mastersOf(members), bundle, repair })
  if (repair) return
  if (role !== 'reset') keepEndpoint(core, situation, endpoint)
  core.store.nodes.update(node.id, { state: 'PROVISIONING' })
  tellState(core, node.id)
}

/** It may have got another address since it was asked for. */
function movedOf(core: Core, cluster: Cluster, node: Node): ErrorReport | undefined {
  return movedProblem(node, cluster.name, hasBegun(core, node))
}

function noBundle({ name, settings }: Cluster, node: Node): ErrorReport {
  const message = `there is no bundle of ${settings.kubernetesVersion} for ${node.name}`
  const mending = remedy`${{ do: 'bundle.import' }}, then: ${{ do: 'cluster.provision', cluster: name }}`
  return { code: 'bundle/none', message, ...mending }
}
