import type { ErrorReport } from '../../base/agent-error.ts'
import { type ClusterData, type Draft, lastRunIn, nodeIn } from '../domain/draft.ts'
import type { Node } from '../domain/records.ts'

/** Appends the node's state to the cluster's events. */
export function tellState(draft: Draft, nodeId: string): void {
  const node = nodeIn(draft, nodeId)
  if (!node) return
  const at = draft.now.toISOString()
  const error: { error?: ErrorReport } = node.error ? { error: node.error } : {}
  const event = { kind: 'node-state' as const, at, state: visibleState(node), ...error }
  draft.addEvent({ at, nodeId, nodeSeq: null, runId: null, event })
}

/** What people see: one that is silent too long is UNREACHABLE, wherever it stands in its life. */
export function visibleState(node: Node): Node['state'] | 'UNREACHABLE' {
  const isMissed = node.silent === 'unreachable' && node.state !== 'REMOVED'
  return isMissed ? 'UNREACHABLE' : node.state
}

export function forget(draft: Draft, node: Node): void {
  for (const { fingerprint, nodeId } of draft.enrolments) {
    if (nodeId === node.id) draft.setEnrolment(fingerprint, { state: 'refused' })
  }
  draft.setNode(node.id, { state: 'REMOVED', roles: [], leaving: 'no' })
  tellState(draft, node.id)
}

/** Whether a run has written to its machine what belongs to its role and its address. */
export function hasBegun(data: Pick<ClusterData, 'runs'>, node: Node): boolean {
  const run = lastRunIn(data, node.id, ({ repair }) => !repair)
  // Taken back by hand, it is DISCOVERED or APPROVED again, with its last run on record.
  const isOn = node.state === 'FAILED' || node.state === 'PROVISIONING' || node.state === 'READY'
  return isOn && run !== undefined && run.role !== 'reset'
}
