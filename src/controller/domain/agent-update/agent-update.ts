import type { ErrorReport } from '../../../base/agent-error.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import type { Node } from '../records.ts'
import { isBusy } from '../shape.ts'
import type { Member } from '../situation.ts'
import type { AgentUpdate, NodeUpdate } from './record.ts'

export type UpdateState = 'running' | 'paused' | 'failed' | 'cancelled' | 'done'

/** Far more than a download, a run of the node and a trial take. */
const MOST_MS = 30 * 60_000

export function updateState(update: AgentUpdate): UpdateState {
  const { nodes, paused } = update
  const isSome = (state: NodeUpdate['state']) => nodes.some((each) => each.state === state)
  if (update.cancelled) return 'cancelled'
  if (isSome('failed')) return 'failed'
  if (isOver(update)) return 'done'
  return paused ? 'paused' : 'running'
}

/** No node is due, and none is being updated. */
export const isOver = ({ nodes }: AgentUpdate): boolean =>
  nodes.every(({ state }) => state !== 'due' && state !== 'updating')

export const isUpdating = (update: AgentUpdate | null, id: string): boolean =>
  update?.nodes.some(({ nodeId, state }) => nodeId === id && state === 'updating') === true

/** For the record, nodes that are being updated end, too: on the node, the trial ends by itself. */
export function cancelled(update: AgentUpdate): AgentUpdate {
  if (updateState(update) === 'done') return update
  const nodes = update.nodes.map((each) =>
    each.state === 'due' || each.state === 'updating' ? { ...each, state: 'passed' as const, error: null } : each,
  )
  return { ...update, cancelled: true, nodes }
}

/** What is shown of it beside other things. */
export function updateSummary(update: AgentUpdate) {
  const { version, nodes } = update
  const done = nodes.filter(({ state }) => state === 'done').length
  return { version, state: updateState(update), done, of: nodes.length }
}

export interface Sight {
  now: Date
  /** The name of the cluster. */
  cluster: string
  members: readonly Member[]
  /** Kubernetes is being upgraded: no further node begins. */
  isUpgrading: boolean
  isConnected(nodeId: string): boolean
  /** Undefined if the agent is not connected. */
  canUpdate(nodeId: string): boolean | undefined
}

export type UpdateDecision =
  /** Ask the node to bring the update on. */
  | { kind: 'ask'; nodeId: string }
  | { kind: 'end'; nodeId: string; state: 'failed' | 'passed'; error: ErrorReport | null }

/** The next decisions about an update. Pure. */
export function directUpdate(update: AgentUpdate, sight: Sight): UpdateDecision[] {
  const by = new Map(sight.members.map((member) => [member.node.id, member]))
  const own = update.nodes.flatMap((each) => {
    const member = by.get(each.nodeId)
    return member ? [{ ...each, member }] : []
  })
  const begun = own.filter(({ state }) => state === 'updating')
  const gone = update.nodes.filter(({ nodeId, state }) => !by.has(nodeId) && (state === 'due' || state === 'updating'))
  const failures = begun.flatMap(({ member: { node }, begunAt }) => {
    const error = failureOf(node, begunAt, update, sight)
    return error ? [end(node.id, 'failed', error)] : []
  })
  const ends = [...gone.map(({ nodeId }) => end(nodeId, 'passed', null)), ...failures]
  const asks = begun
    .filter(({ nodeId }) => !ends.some((each) => each.nodeId === nodeId) && sight.isConnected(nodeId))
    .map(({ nodeId }) => ({ kind: 'ask' as const, nodeId }))
  const hasFailed = failures.length > 0 || own.some(({ state }) => state === 'failed')
  const isStopped = update.paused || sight.isUpgrading || hasFailed
  if (isStopped) return [...ends, ...asks]
  const due = own.filter(
    ({ state, member }) => state === 'due' && mayBegin(member) && sight.isConnected(member.node.id),
  )
  const passed = due.filter(({ nodeId }) => sight.canUpdate(nodeId) === false)
  const next = due.filter((each) => !passed.includes(each)).slice(0, room(update, begun.length))
  return [
    ...ends,
    ...passed.map(({ member: { node } }) => end(node.id, 'passed', tooOldError(node))),
    ...asks,
    ...next.map(({ nodeId }) => ({ kind: 'ask' as const, nodeId })),
  ]
}

/** How many more nodes may begin. The others wait until all canaries are done. */
function room({ nodes, canary, maxUnavailable }: AgentUpdate, begun: number): number {
  const done = nodes.filter(({ state }) => state === 'done').length
  return Math.max(0, done < canary ? canary - done - begun : maxUnavailable - begun)
}

/** Never during a run. A silent node stays due. */
function mayBegin(member: Member): boolean {
  const { silent, leaving } = member.node
  return silent === 'no' && leaving === 'no' && !isBusy(member)
}

const end = (nodeId: string, state: 'failed' | 'passed', error: ErrorReport | null): UpdateDecision => ({
  ...{ kind: 'end', nodeId, state, error },
})

/** Why the update of a node that has begun does not go on. */
function failureOf(
  { name, silent }: Node,
  begunAt: string | undefined,
  { version }: AgentUpdate,
  { now, cluster }: Sight,
): ErrorReport | undefined {
  const resume = remedy`${{ do: 'node.update', cluster, with: 'resume' }}`
  if (silent === 'unreachable') {
    return {
      code: 'agent-update/silent',
      message: `node ${name} has been silent since its update to agent ${version} began`,
      ...remedy`check the machine; when it is connected again: ${resume}`,
    }
  }
  if (begunAt === undefined || now.getTime() - Date.parse(begunAt) < MOST_MS) return undefined
  return {
    code: 'agent-update/too-long',
    message: `the update of ${name} to agent ${version} has not ended within ${MOST_MS / 60_000} minutes`,
    ...remedy`see why: ${{ do: 'node.logs', node: name }}; then: ${resume}`,
  }
}

export function tooOldError({ name, agentVersion }: Pick<Node, 'name' | 'agentVersion'>): ErrorReport {
  return {
    code: 'agent/update-needed',
    message: `found agent ${agentVersion} on ${name}, which cannot update itself`,
    fix: `install the agent of this release on ${name} once by hand: sudo ./agent --creds-file NAME.pem --passphrase-file NAME-passphrase.txt`,
  }
}
