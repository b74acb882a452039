import type { ErrorReport } from '../../base/agent-error.ts'
import { type ClusterData, type Draft, lastRunIn, nodeIn } from '../domain/draft.ts'
import type { Node } from '../domain/records.ts'
import type { HasPresence } from '../ports.ts'

/** Adds an event with the node's state. `contactAt`: the time of its last message, if that is later than what is stored. */
export function addStateEvent(draft: Draft, nodeId: string, contactAt?: string | null): void {
  const node = nodeIn(draft, nodeId)
  if (!node) return
  const at = draft.now.toISOString()
  const error: { error?: ErrorReport } = node.error ? { error: node.error } : {}
  const state = nodeStateInEvents(node)
  const lastSeen = contactAt ?? node.lastSeen
  const since = state === 'UNKNOWN' && lastSeen !== null ? { since: lastSeen } : {}
  const event = { kind: 'node-state' as const, at, state, ...since, ...error }
  draft.addEvent({ at, nodeId, nodeSeq: null, runId: null, event })
}

/** The state for events: as for views, but it becomes UNKNOWN when the controller notices, and not by the clock alone. */
export function nodeStateInEvents(node: Node): Node['state'] | 'UNREACHABLE' | 'UNKNOWN' {
  const state = visibleState(node)
  return state === 'READY' && node.silent === 'suspect' ? 'UNKNOWN' : state
}

/** The state for views: a node without contact for too long is UNREACHABLE, whatever its state in the lifecycle is. */
export function visibleState(node: Node): Node['state'] | 'UNREACHABLE' {
  const isUnreachable = node.silent === 'unreachable' && node.state !== 'REMOVED'
  return isUnreachable ? 'UNREACHABLE' : node.state
}

export function markApproved(draft: Draft, { id }: Node): void {
  for (const { fingerprint, nodeId, state } of draft.enrolments) {
    if (nodeId === id && state === 'pending') draft.setEnrolment(fingerprint, { state: 'approved' })
  }
  draft.setNode(id, { state: 'APPROVED', approvedAt: draft.now.toISOString() })
  addStateEvent(draft, id)
}

/** What remains of a node after its machine was reset: nobody has configured it, and it waits for a person. */
export const BLANK: Pick<Node, 'roles' | 'place' | 'rejoin' | 'configuredAt' | 'ruling'> = {
  roles: [],
  place: 'none',
  rejoin: null,
  configuredAt: null,
  ruling: 'held',
}

export function forget(draft: Draft, node: Node): void {
  for (const { fingerprint, nodeId } of draft.enrolments) {
    if (nodeId === node.id) draft.setEnrolment(fingerprint, { state: 'refused' })
  }
  draft.setNode(node.id, { state: 'REMOVED', roles: [], place: 'none', rejoin: null, leaving: 'no' })
  addStateEvent(draft, node.id)
}

/** Whether a run may have installed files for the node's role and address. */
export function hasBegun(data: Pick<ClusterData, 'runs'>, node: Node): boolean {
  const run = lastRunIn(data, node.id, ({ repair }) => !repair)
  // After `agent reset` on the node, it is DISCOVERED or APPROVED again, although its last run is still recorded.
  const isOn = node.state === 'FAILED' || node.state === 'PROVISIONING' || node.state === 'READY'
  return isOn && run !== undefined && run.role !== 'reset'
}

/** ISO 8601; null before the first contact. */
export function lastContactOf({ presence }: HasPresence, node: Pick<Node, 'id' | 'lastSeen'>): string | null {
  return presence.lastContact(node.id)?.toISOString() ?? node.lastSeen
}
