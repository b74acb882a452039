import type { ErrorReport } from '../../base/agent-error.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import { CAPABILITIES } from '../../protocol/wire/capabilities.ts'
import { updateNeeded } from '../domain/agent-update/update-needed.ts'
import type { Decision } from '../domain/director/director.ts'
import { endpointOf } from '../domain/director/endpoint.ts'
import { type Draft, nodeIn } from '../domain/draft.ts'
import { placeOf } from '../domain/place.ts'
import { movedProblem } from '../domain/problems/moved-address.ts'
import type { Cluster, Node } from '../domain/records.ts'
import { rejoinOrder } from '../domain/rejoin/rejoin.ts'
import { mastersOf } from '../domain/shape.ts'
import type { Situation } from '../domain/situation.ts'
import { versionOn } from '../domain/upgrade/upgrade.ts'
import type { HasAuthority, HasBundles, HasPresence } from '../ports.ts'
import { addClusterStateEvent } from './cluster-state.ts'
import { forgetGone, noteGone } from './gone.ts'
import { instruct } from './instruct.ts'
import { keepEndpoint } from './keep-endpoint.ts'
import { addStateEvent, BLANK, forget, hasBegun, lastContactOf } from './node-state.ts'
import { forgetVersion, haltUpgrade, setUpgrade, withVersion } from './upgrade/keep-upgrade.ts'

/** Applies a decision to the draft. `situation`: the input of the decision. */
export function carryOut(
  ports: HasAuthority & HasBundles & HasPresence,
  draft: Draft,
  situation: Situation,
  decision: Decision,
): void {
  switch (decision.kind) {
    case 'silence':
      setSilence(ports, draft, decision)
      break
    case 'node':
      setNodeState(draft, decision)
      break
    case 'instruct':
      instructOrFail(ports, draft, situation, decision)
      break
    case 'cancel':
      draft.setRun(decision.runId, { cancel: true })
      break
    case 'expire':
      draft.setRun(decision.runId, { state: 'expired', error: EXPIRED, endedAt: situation.now.toISOString() })
      break
    case 'cluster':
      setClusterState(draft, situation, decision)
      break
    case 'upgrade':
      setUpgrade(draft, situation, decision)
      break
    case 'unknown':
      draft.setCluster({ unknownSince: decision.since })
      addClusterStateEvent(draft, situation.cluster)
      break
    case 'problems':
      draft.setCluster({ problems: decision.problems })
      addClusterStateEvent(draft, situation.cluster)
      break
  }
}

const EXPIRED = {
  code: 'run/expired',
  message: 'the node did not acknowledge the instruction within an hour',
  ...remedy`check that the node is connected (${{ do: 'node.list' }}), then: ${{ do: 'cluster.provision' }}; if its machine no longer exists: ${{ do: 'node.remove', force: true }}`,
}

function setSilence(ports: HasPresence, draft: Draft, { nodeId, silent }: Decision & { kind: 'silence' }): void {
  draft.setNode(nodeId, { silent })
  const node = nodeIn(draft, nodeId)
  addStateEvent(draft, nodeId, node && lastContactOf(ports, node))
}

function setNodeState(draft: Draft, { nodeId, state, error }: Decision & { kind: 'node' }): void {
  const before = nodeIn(draft, nodeId)
  if (state === 'REMOVED') {
    if (before) forget(draft, before)
    return
  }
  const isReset = state === 'DISCOVERED' || state === 'APPROVED'
  // The cluster may have been provisioned again during the reset: its other nodes then still have objects of this node.
  if (isReset && before?.leaving === 'no') noteGone(draft, before)
  draft.setNode(nodeId, { state, error, leaving: 'no', ...(isReset && BLANK) })
  addStateEvent(draft, nodeId)
}

function setClusterState(draft: Draft, { cluster, now }: Situation, decision: Decision & { kind: 'cluster' }): void {
  const { state, error, settled } = decision
  const readyAt = state === 'READY' ? now.toISOString() : null
  const forgotten = settled
    ? {
        desired: 'none' as const,
        report: null,
        reportAt: null,
        unknownSince: null,
        etcd: null,
        endpoint: null,
        gone: [],
        accesses: [],
        establishedAt: null,
      }
    : { establishedAt: cluster.establishedAt ?? readyAt }
  draft.setCluster({ state, error, readyAt, ...forgotten })
  if (settled)
    for (const { id, operatorKeys } of draft.nodes) if (operatorKeys.length > 0) draft.setNode(id, { operatorKeys: [] })
  addClusterStateEvent(draft, cluster)
}

function instructOrFail(
  { authority, bundles, presence }: HasAuthority & HasBundles & HasPresence,
  draft: Draft,
  situation: Situation,
  { nodeId, role, repair, version }: Decision & { kind: 'instruct' },
): void {
  const { members } = situation
  const member = members.find((each) => each.node.id === nodeId)
  const node = nodeIn(draft, nodeId)
  if (!node || !member) return
  const kubernetesVersion = version ?? (repair ? versionOn(situation.cluster, node) : undefined)
  const cluster = withVersion(situation.cluster, kubernetesVersion)
  const bundle = bundles.pick(cluster.settings.kubernetesVersion, node.facts?.os.arch ?? 'x64')
  // The capabilities of a disconnected agent are unknown. It refuses an instruction that it does not support.
  const capabilities = presence.capabilitiesOf(node.id) ?? CAPABILITIES
  const problem =
    updateNeeded(node, cluster, role, capabilities) ??
    (role === 'reset' ? undefined : (movedOf(draft, cluster, node) ?? (bundle ? undefined : noBundle(cluster, node))))
  if (problem) {
    const state = repair ? node.state : 'FAILED'
    draft.setNode(node.id, { state, attempt: cluster.attempt, error: problem })
    addStateEvent(draft, node.id)
    if (version !== undefined) haltUpgrade(draft, node.id, problem)
    return
  }
  // From now on, objects in the cluster with this name belong to this node.
  if (role !== 'reset') forgetGone(draft, ({ name }) => name === node.name)
  const endpoint = endpointOf(cluster, members)
  const masters = mastersOf(members)
  instruct(authority, draft, cluster, node, {
    role,
    endpoint,
    masters,
    bundle,
    repair,
    capabilities,
    provisionedAs: placeOf(member)?.task,
    restore: rejoinOrder(node, members),
  })
  if (repair) return
  forgetVersion(draft, node.id)
  if (role !== 'reset') keepEndpoint(draft, situation, endpoint)
  draft.setNode(node.id, { state: 'PROVISIONING' })
  addStateEvent(draft, node.id)
}

/** The address may have changed since the cluster was provisioned. */
function movedOf(draft: Draft, cluster: Cluster, node: Node): ErrorReport | undefined {
  return movedProblem(node, cluster.name, hasBegun(draft, node))
}

function noBundle({ name, settings }: Cluster, node: Node): ErrorReport {
  const message = `there is no bundle of Kubernetes ${settings.kubernetesVersion} for node ${node.name}`
  const rendered = remedy`${{ do: 'bundle.import' }}, then: ${{ do: 'cluster.provision', cluster: name }}`
  return { code: 'bundle/none', message, ...rendered }
}
