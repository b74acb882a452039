import type { AuditRecord } from '../../../src/controller/domain/records.ts'
import type { AuditContent, AuditEntry } from '../../../src/protocol/audit/entry.ts'
import { EARLY } from './member.ts'

export const auditContent = (changes: Partial<AuditContent> = {}): AuditContent => ({
  at: EARLY,
  who: { kind: 'administrator', name: 'alice', id: '01AB' },
  ...{ address: '10.0.0.7', action: 'createCluster', request: 'POST /v1/clusters', requestId: null },
  target: { cluster: 'demo', node: null, nodeId: null },
  ...{ outcome: 'done', code: null, count: 1, reason: null, changes: [], omitted: 0 },
  ...changes,
})

export const flat = ({ content, ...link }: AuditRecord): AuditEntry => ({ ...content, ...link })
