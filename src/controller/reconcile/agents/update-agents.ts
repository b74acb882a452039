import type { OperationAnswer } from '../../../protocol/wire/operation.ts'
import { directUpdate, isUpdating, type UpdateDecision } from '../../domain/agent-update/agent-update.ts'
import type { AgentUpdate, NodeUpdate } from '../../domain/agent-update/record.ts'
import { type ClusterData, type Draft, hasOpenRun, nodeIn } from '../../domain/draft.ts'
import type { Node } from '../../domain/records.ts'
import { failureText } from '../../failure-text.ts'
import type { HasAuthority, HasClock, HasLog, HasOperations, HasPresence, HasStore } from '../../ports.ts'
import { situationOf } from '../situation-of.ts'

type Ports = HasStore & HasClock & HasAuthority & HasPresence & HasOperations & HasLog
/** Changes the cluster and reconciles it. */
type Reconcile = (work: (draft: Draft) => void) => Promise<unknown>

const AGAIN_MS = 2_000
const CAPABILITY = 'operation/update-agent'

/** Brings the update of the cluster's agents on, with one operation at a time for each node, and reconciles when one ends. */
export function updateAgents(ports: Ports, data: ClusterData, reconcile: Reconcile): void {
  const { updates } = ports.operations
  for (const decision of decisionsOf(ports, data)) {
    const { nodeId } = decision
    if (updates.has(nodeId)) continue
    updates.set(nodeId, 'its turn')
    setImmediate(() => {
      void carryOut(ports, decision, reconcile)
        .catch((error: unknown) => ports.log(`update of the agent of ${nodeId}: ${failureText(error)}`))
        // The next look after all nodes begins it again.
        .finally(() => setTimeout(() => updates.delete(nodeId), AGAIN_MS).unref())
    })
  }
}

function decisionsOf(ports: Ports, data: ClusterData): UpdateDecision[] {
  const { agentUpdate, upgrade, name } = data.cluster
  if (!agentUpdate) return []
  const { presence } = ports
  return directUpdate(agentUpdate, {
    ...{ now: ports.now(), cluster: name, members: situationOf(ports, data).members },
    // One that is paused or has failed may need newer agents.
    isUpgrading: upgrade?.state === 'running' || upgrade?.state === 'cancelling',
    isConnected: (id) => presence.isConnected(id),
    canUpdate: (id) => presence.capabilitiesOf(id)?.includes(CAPABILITY),
  })
}

async function carryOut(ports: Ports, decision: UpdateDecision, reconcile: Reconcile): Promise<void> {
  const { nodeId } = decision
  if (decision.kind === 'end') {
    const { state, error } = decision
    await reconcile((draft) => setNodeUpdate(draft, nodeId, { state, error }))
    return
  }
  const begun: { update?: AgentUpdate; node?: Node } = {}
  // Before anything is sent, so that a controller that is restarted asks again.
  await reconcile((draft) => {
    begin(draft, nodeId)
    const { agentUpdate } = draft.cluster
    if (isUpdating(agentUpdate, nodeId)) Object.assign(begun, { update: agentUpdate, node: nodeIn(draft, nodeId) })
  })
  const { update, node } = begun
  if (!update || !node) return
  const answer = await ask(ports, update, node)
  if (answer.outcome === 'not-yet') {
    ports.operations.updates.set(nodeId, answer.waitingFor)
    return
  }
  if (answer.outcome === 'failed') ports.log(`node ${node.name}: ${answer.error.message} (${answer.error.code})`)
  const error = answer.outcome === 'failed' ? answer.error : null
  await reconcile((draft) => {
    if (draft.cluster.agentUpdate?.attempt !== update.attempt) return
    setNodeUpdate(draft, nodeId, { state: answer.outcome === 'done' ? 'done' : 'failed', error })
  })
}

/** The update may have been paused, or a run may have begun, since the decision. */
function begin(draft: Draft, nodeId: string): void {
  if (draft.cluster.agentUpdate?.paused || hasOpenRun(draft, nodeId)) return
  setNodeUpdate(draft, nodeId, { state: 'updating', error: null, begunAt: draft.now.toISOString() })
}

async function ask(ports: Ports, { files, version, attempt }: AgentUpdate, node: Node): Promise<OperationAnswer> {
  const file = files[node.facts?.os.arch ?? 'x64']
  if (file) return ports.operations.run(ports, node, { operation: 'update-agent', version, attempt, ...file })
  const message = `the release ${version} has no executable for ${node.facts?.os.arch}, which ${node.name} needs`
  const fix = 'build a release with executables for all architectures, import it, and begin another update'
  return { id: '', outcome: 'failed', error: { code: 'agent-update/no-executable', message, fix } }
}

/** Of a node that is still part of the update, and was not ended meanwhile. */
function setNodeUpdate(draft: Draft, nodeId: string, to: Omit<NodeUpdate, 'nodeId'>): void {
  const { agentUpdate } = draft.cluster
  const before = agentUpdate?.nodes.find((each) => each.nodeId === nodeId)
  if (!agentUpdate || !before || (before.state !== 'due' && before.state !== 'updating')) return
  if (before.state === to.state) return
  const nodes = agentUpdate.nodes.map((each) => (each === before ? { ...each, ...to } : each))
  draft.setCluster({ agentUpdate: { ...agentUpdate, nodes } })
}
