import type { ErrorReport } from '../../../base/agent-error.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import type { Node } from '../records.ts'
import { isBusy } from '../shape.ts'
import type { Member } from '../situation.ts'
import type { AgentUpdate, NodeUpdate } from './record.ts'

export type UpdateState = 'running' | 'paused' | 'failed' | 'done'

export function updateState({ nodes, paused }: AgentUpdate): UpdateState {
  const isSome = (state: NodeUpdate['state']) => nodes.some((each) => each.state === state)
  if (isSome('failed')) return 'failed'
  if (!isSome('due') && !isSome('updating')) return 'done'
  return paused ? 'paused' : 'running'
}

/** What is shown of it beside other things. */
export function updateSummary(update: AgentUpdate) {
  const { version, nodes } = update
  const done = nodes.filter(({ state }) => state === 'done').length
  return { version, state: updateState(update), done, of: nodes.length }
}

export interface Sight {
  members: readonly Member[]
  /** Kubernetes is being upgraded: no further node begins. */
  isUpgrading: boolean
  isConnected(nodeId: string): boolean
  /** Undefined if the agent is not connected. */
  canUpdate(nodeId: string): boolean | undefined
}

export type UpdateDecision =
  /** Ask the node to bring the update on. */
  { kind: 'ask'; nodeId: string } | { kind: 'end'; nodeId: string; state: 'failed' | 'passed'; error: ErrorReport }

/** The next decisions about an update. Pure. */
export function directUpdate(update: AgentUpdate, sight: Sight): UpdateDecision[] {
  const by = new Map(sight.members.map((member) => [member.node.id, member]))
  const own = update.nodes.flatMap((each) => {
    const member = by.get(each.nodeId)
    return member ? [{ ...each, member }] : []
  })
  const begun = own.filter(({ state }) => state === 'updating')
  const lost = begun.filter(({ member: { node } }) => node.silent === 'unreachable')
  const ends = lost.map(({ member: { node } }) => end(node, 'failed', silentError(node, update)))
  const asks = begun
    .filter((each) => !lost.includes(each) && sight.isConnected(each.nodeId))
    .map(({ nodeId }) => ({ kind: 'ask' as const, nodeId }))
  const isStopped = update.paused || sight.isUpgrading || lost.length > 0 || own.some(({ state }) => state === 'failed')
  if (isStopped) return [...ends, ...asks]
  const due = own.filter(
    ({ state, member }) => state === 'due' && mayBegin(member) && sight.isConnected(member.node.id),
  )
  const passed = due.filter(({ nodeId }) => sight.canUpdate(nodeId) === false)
  const next = due.filter((each) => !passed.includes(each)).slice(0, room(update, begun.length))
  return [
    ...passed.map(({ member: { node } }) => end(node, 'passed', tooOldError(node))),
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

const end = (node: Node, state: 'failed' | 'passed', error: ErrorReport): UpdateDecision => ({
  ...{ kind: 'end', nodeId: node.id, state, error },
})

function silentError({ name }: Node, { version }: AgentUpdate): ErrorReport {
  return {
    code: 'agent-update/silent',
    message: `node ${name} has been silent since its update to agent ${version} began`,
    ...remedy`check the machine; when it is connected again: ${{ do: 'node.update', node: name, resume: true }}`,
  }
}

export function tooOldError({ name, agentVersion }: Pick<Node, 'name' | 'agentVersion'>): ErrorReport {
  return {
    code: 'agent/update-needed',
    message: `found agent ${agentVersion} on ${name}, which cannot update itself`,
    fix: `install the agent of this release on ${name} once by hand: sudo ./agent --creds-file NAME.pem --passphrase-file NAME-passphrase.txt`,
  }
}

/** A number of nodes, or a percentage of them; at least one. */
export function countOf(wanted: string, total: number): number {
  const number = Number.parseInt(wanted, 10)
  return Math.max(1, wanted.endsWith('%') ? Math.floor((number * total) / 100) : number)
}
