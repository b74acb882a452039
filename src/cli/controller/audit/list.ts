import { escapeControls } from '../../../base/text/printable.ts'
import type { AuditEntry } from '../../../protocol/audit/entry.ts'
import { auditRoutes } from '../../../protocol/audit/routes.ts'
import { structured } from '../../kit/output.ts'
import { followEvents, passOn } from '../follow/follow-events.ts'
import type { AdminClient } from '../session/client.ts'
import { print } from '../session/session.ts'
import { entryLine } from './entry-text.ts'
import { type AuditQuery, pagesOf } from './pages.ts'

export const LIST_FORMATS = ['text', 'json', 'yaml', 'jsonl'] as const
export type ListFormat = (typeof LIST_FORMATS)[number]

/** Prints the entries so far, or the last `lines` of them, and with `follow` new ones as they are added. */
export async function printAudit(
  client: AdminClient,
  query: AuditQuery,
  { output, follow, lines }: { output: ListFormat; follow?: boolean; lines?: number },
): Promise<void> {
  let found: AuditEntry[] = []
  let last = 0
  for await (const page of pagesOf(client, query)) {
    found.push(...page.entries)
    if (lines !== undefined) found = found.slice(-lines)
    last = page.last
  }
  // Lines as they come are one JSON value each.
  const format = follow && output !== 'text' ? 'jsonl' : output
  if (format === 'json' || format === 'yaml') {
    print(await structured(format, found))
    return
  }
  for (const entry of found) print(lineOf(entry, format))
  if (!follow) return
  const followed = followEvents(client, auditRoutes.listAudit, { ...query, after: last })
  await passOn(followed, (entry) => print(lineOf(entry, format)))
}

const lineOf = (entry: AuditEntry, format: 'text' | 'jsonl') =>
  format === 'jsonl' ? jsonLine(entry) : `${entryLine(entry)}\n`

/** What verify reads: nothing is left out, and control characters are escaped. */
export const jsonLine = (entry: AuditEntry) => `${escapeControls(JSON.stringify(entry))}\n`
