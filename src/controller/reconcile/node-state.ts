import type { ErrorReport } from '../../base/agent-error.ts'
import type { Core } from '../core.ts'
import type { Node } from '../domain/records.ts'

/** Appends the node's state to the cluster's events. */
export function tellState(core: Core, nodeId: string): void {
  const node = core.store.nodes.get(nodeId)
  if (!node) return
  const at = core.now().toISOString()
  const error: { error?: ErrorReport } = node.error ? { error: node.error } : {}
  const event = { kind: 'node-state' as const, at, state: visibleState(node), ...error }
  core.store.tell({ at, clusterId: node.clusterId, nodeId, nodeSeq: null, runId: null, event })
}

/** What people see: one that is silent too long is UNREACHABLE, wherever it stands in its life. */
export function visibleState(node: Node): Node['state'] | 'UNREACHABLE' {
  const isMissed = node.silent === 'unreachable' && node.state !== 'REMOVED'
  return isMissed ? 'UNREACHABLE' : node.state
}

/** Within a transaction. */
export function forget(core: Core, node: Node): void {
  const { store } = core
  for (const { fingerprint } of store.enrolments.where('node_id = ?', node.id)) {
    store.enrolments.update(fingerprint, { state: 'refused' })
  }
  store.nodes.update(node.id, { state: 'REMOVED', roles: [], leaving: 'no' })
  tellState(core, node.id)
}

/** Whether a run has written to its machine what belongs to its role and its address. */
export function hasBegun(core: Core, node: Node): boolean {
  const [run] = core.store.runs.where('node_id = ? AND repair = 0 ORDER BY generation DESC LIMIT 1', node.id)
  // Taken back by hand, it is DISCOVERED or APPROVED again, with its last run on record.
  const isOn = node.state === 'FAILED' || node.state === 'PROVISIONING' || node.state === 'READY'
  return isOn && run !== undefined && run.role !== 'reset'
}
