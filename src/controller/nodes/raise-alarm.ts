import type { ErrorReport } from '../../base/agent-error.ts'
import { errorMessage } from '../../base/text/error-message.ts'
import { byController, contentOf } from '../audit/act.ts'
import { nodeIn } from '../domain/draft.ts'
import { withAlarm } from '../domain/problems/alarms.ts'
import type { HasAnnouncements, HasClock, HasLog, HasStore, HasTurns } from '../ports.ts'
import { changeCluster } from '../reconcile/change-cluster.ts'

/** For a key that the CA issued, and the store does not have. */
export const LATER_KEY_FIX =
  'none, if the controller was restored from a backup; otherwise somebody has the key of its CA: look who can read pki/ in the data directory'

export type Alarming = HasStore & HasTurns & Pick<HasClock, 'now'> & HasLog & HasAnnouncements

/**
 * Records that a node's identity was misused: as a problem of the node, an event, an entry of the audit log, and a line in the log.
 * Does not repeat itself within minutes, and never rejects: whoever calls it refuses the client in any case.
 */
export async function raiseAlarm(ports: Alarming, nodeId: string, seen: ErrorReport): Promise<void> {
  try {
    const node = await ports.store.node(nodeId)
    if (node === undefined || withAlarm(node, seen, ports.now()) === undefined) return
    const part = { nodes: [nodeId], runs: [] }
    const done = await changeCluster(
      ports,
      node.clusterId,
      (draft) => {
        const current = nodeIn(draft, nodeId)
        const alarms = current && withAlarm(current, seen, draft.now)
        if (current === undefined || alarms === undefined) return false
        const at = draft.now.toISOString()
        const event = {
          kind: 'log' as const,
          at,
          level: 'error' as const,
          message: `${seen.message}; fix: ${seen.fix}`,
        }
        draft.setNode(nodeId, { alarms })
        draft.addEvent({ at, nodeId, nodeSeq: null, runId: null, event })
        const target = { cluster: draft.cluster.name, node: current.name, nodeId }
        const act = byController('raiseAlarm', seen.message)
        draft.addAuditEntry(contentOf(act, { at, outcome: 'done', code: seen.code, target }))
        return true
      },
      part,
    )
    if (done?.result !== true) return
    ports.log(`node ${nodeId}: ${seen.message}`)
    ports.changes.announce()
  } catch (error) {
    ports.log(`node ${nodeId}: ${seen.message}; this could not be stored: ${errorMessage(error)}`)
  }
}
