import type { Draft } from '../domain/draft.ts'
import { byController, contentOf } from './act.ts'
import { differencesFrom } from './differences.ts'

/**
 * Changes the draft on behalf of a rule that people have set, with an entry of the audit log in the same commit. `reason`: names the
 * rule. No entry if nothing changes.
 */
export function byRule<T>(draft: Draft, action: string, reason: string, work: () => T): T {
  const { cluster, nodes, enrolments } = draft
  const already = draft.changes.length
  const result = work()
  const before = {
    cluster: () => cluster,
    node: (id: string) => nodes.find((each) => each.id === id),
    enrolment: (id: string) => enrolments.find(({ fingerprint }) => fingerprint === id),
  }
  const present = (record: string, id: string) =>
    record in before ? before[record as keyof typeof before](id) : undefined
  const changes = differencesFrom(present, draft.changes.slice(already))
  if (changes.length === 0) return result
  const [node, ...others] = changes.filter(({ record }) => record === 'node')
  const isOne = node !== undefined && others.length === 0
  const target = { cluster: cluster.name, node: isOne ? node.name : null, nodeId: isOne ? node.id : null }
  const act = byController(action, reason)
  draft.addAuditEntry(contentOf(act, { at: draft.now.toISOString(), outcome: 'done', target, changes }))
  return result
}
