import type { StoredRelease } from '../../bundle/agents/releases.ts'
import { isNamed } from '../../bundle/agents/releases.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import type { AgentUpdateRequest, AgentUpdateView } from '../../protocol/api/updates/agent-updates.ts'
import { DEFAULT_MAX_UNAVAILABLE } from '../../protocol/api/updates/max-unavailable.ts'
import { refusal } from '../domain/admission.ts'
import { cancelled, isOver, updateState, updateSummary } from '../domain/agent-update/agent-update.ts'
import type { AgentUpdate } from '../domain/agent-update/record.ts'
import { type ClusterData, type Draft, nodeIn, present } from '../domain/draft.ts'
import { unavailableOf } from '../domain/max-unavailable.ts'
import type { Cluster } from '../domain/records.ts'
import type { HasAgentReleases, HasOperations, HasStore } from '../ports.ts'
import { type Reconciling, reconcile } from '../reconcile/reconcile.ts'
import { missing } from './find.ts'

type Named = Pick<Cluster, 'id' | 'name'>

/** Begins an update of these nodes, or of all. Throws `agent-update/busy` while another one has not ended. */
export async function startUpdate(
  ports: Reconciling & HasAgentReleases,
  { id, name }: Named,
  request: AgentUpdateRequest,
  by: string,
): Promise<AgentUpdateView> {
  const release = pick(await ports.agentReleases(), request.to)
  await reconcile(ports, id, (draft) => {
    const { agentUpdate } = draft.cluster
    if (agentUpdate && !isOver(agentUpdate)) {
      const found = `an update of the agents of cluster ${name} to ${agentUpdate.version} is ${updateState(agentUpdate)}`
      throw refusal(
        'agent-update/busy',
        found,
        remedy`wait for its end, or: ${{ do: 'node.update', cluster: name, with: 'cancel' }}`,
      )
    }
    draft.setCluster({ agentUpdate: newUpdate(draft, release, request, by, agentUpdate) })
  })
  return showUpdate(ports, { id, name })
}

function newUpdate(
  draft: Draft,
  { version, files }: StoredRelease,
  { nodes: ids, canary = 1, maxUnavailable = DEFAULT_MAX_UNAVAILABLE }: AgentUpdateRequest,
  startedBy: string,
  before: AgentUpdate | null,
): AgentUpdate {
  const there = present(draft).filter(({ approvedAt }) => approvedAt !== null)
  const unknown = ids?.find((id) => there.every((node) => node.id !== id))
  if (unknown !== undefined) throw missing('node', unknown)
  const chosen = there.filter(({ id }) => ids?.includes(id) ?? true)
  return {
    version,
    files: Object.fromEntries(files.map(({ arch, sha256, size }) => [arch, { sha256, size }])),
    ...{ canary, maxUnavailable: unavailableOf(maxUnavailable, chosen.length), paused: false },
    attempt: (before?.attempt ?? 0) + 1,
    ...{ startedAt: draft.now.toISOString(), startedBy },
    nodes: chosen.map(({ id }) => ({ nodeId: id, state: 'due', error: null })),
  }
}

function pick(releases: readonly StoredRelease[], version: string | undefined): StoredRelease {
  const found = releases.find((each) => version === undefined || isNamed(each, version))
  if (found) return found
  const wanted = version === undefined ? 'no release of the agent' : `no release ${version} of the agent`
  const known = releases.map((each) => each.version).join(', ') || 'none'
  throw refusal(
    'agent-update/no-release',
    `${wanted} is imported; imported releases: ${known}`,
    remedy`${{ do: 'agents.import' }}`,
  )
}

/** Nodes that have begun always go on. */
export async function changeUpdate(
  ports: Reconciling,
  { id, name }: Named,
  action: 'pause' | 'resume' | 'cancel',
): Promise<AgentUpdateView> {
  await reconcile(ports, id, (draft) => {
    const update = requireUpdate(draft.cluster.agentUpdate, name)
    if (action === 'resume' && update.cancelled) {
      const fix = remedy`begin another one: ${{ do: 'node.update' }}`
      throw refusal('agent-update/none', `the update of the agents of cluster ${name} was cancelled`, fix)
    }
    draft.setCluster({ agentUpdate: changed(update, action) })
  })
  return showUpdate(ports, { id, name })
}

function changed(update: AgentUpdate, action: 'pause' | 'resume' | 'cancel'): AgentUpdate {
  switch (action) {
    case 'pause':
      return { ...update, paused: true }
    case 'cancel':
      return cancelled(update)
    case 'resume': {
      const again = update.nodes.map((each) =>
        each.state === 'failed' || each.state === 'passed' ? { ...each, state: 'due' as const, error: null } : each,
      )
      return { ...update, paused: false, attempt: update.attempt + 1, nodes: again }
    }
  }
}

export async function showUpdate(ports: HasStore & HasOperations, { id, name }: Named): Promise<AgentUpdateView> {
  const data = await ports.store.load(id)
  if (!data) throw missing('cluster', name)
  requireUpdate(data.cluster.agentUpdate, name)
  return updateView(ports, data) as AgentUpdateView
}

function requireUpdate(update: AgentUpdate | null, name: string): AgentUpdate {
  if (update) return update
  const fix = remedy`begin one: ${{ do: 'node.update' }}`
  throw refusal('agent-update/none', `the agents of cluster ${name} were never updated by this controller`, fix)
}

function updateView({ operations }: HasOperations, data: ClusterData): AgentUpdateView | null {
  const { agentUpdate } = data.cluster
  if (!agentUpdate) return null
  const { startedAt, startedBy, nodes } = agentUpdate
  return {
    ...{ ...updateSummary(agentUpdate), startedAt, startedBy },
    nodes: nodes.map(({ nodeId, state, error }) => ({
      ...{ id: nodeId, name: nodeIn(data, nodeId)?.name ?? nodeId, state, error },
      waitingFor: state === 'updating' ? (operations.updates.get(nodeId) ?? null) : null,
    })),
  }
}
