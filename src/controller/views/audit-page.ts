import type { AuditEntry } from '../../protocol/audit/entry.ts'
import type { AuditRecord } from '../domain/records.ts'
import type { AuditFilter, Store } from '../store/port.ts'
import type { PageLimits } from './event-page.ts'

/** Entries that are read at once: they are in memory before their size is known. */
const READ_AT_ONCE = 50

export const entryOf = ({ content, ...link }: AuditRecord): AuditEntry => ({ ...content, ...link })

/** The next entries, at most so many and about so many bytes as JSON; and the number up to which all were looked at. */
export async function auditPage(
  store: Pick<Store, 'auditAfter' | 'auditHead'>,
  filter: AuditFilter,
  limits: PageLimits,
): Promise<{ entries: AuditEntry[]; last: number }> {
  // Before the entries are read: none up to it is added meanwhile.
  const head = (await store.auditHead())?.number ?? 0
  const entries: AuditEntry[] = []
  const end = () => entries.at(-1)?.number ?? filter.after
  let bytes = 0
  for (;;) {
    const count = Math.min(READ_AT_ONCE, limits.events - entries.length)
    const found = (await store.auditAfter({ ...filter, after: end() }, count)).map(entryOf)
    for (const entry of found) {
      bytes += Buffer.byteLength(JSON.stringify(entry))
      if (bytes > limits.bytes && entries.length > 0) return { entries, last: end() }
      entries.push(entry)
    }
    if (found.length < count) return { entries, last: Math.max(end(), head) }
    if (entries.length >= limits.events) return { entries, last: end() }
  }
}
