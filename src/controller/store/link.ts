import { GENESIS, hashOf } from '../../protocol/audit/chain.ts'
import type { AuditContent, AuditHead } from '../../protocol/audit/entry.ts'
import type { AuditRecord } from '../domain/records.ts'

/** The next entry of the chain. The caller holds what keeps others from adding one meanwhile. */
export function link(last: AuditHead | undefined, content: AuditContent): AuditRecord {
  const number = (last?.number ?? 0) + 1
  const previous = last?.hash ?? GENESIS
  return { number, content, previous, hash: hashOf(previous, number, content) }
}
