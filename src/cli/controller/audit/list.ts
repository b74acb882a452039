import { escapeControls } from '../../../base/text/printable.ts'
import type { AuditEntry } from '../../../protocol/audit/entry.ts'
import { auditRoutes } from '../../../protocol/audit/routes.ts'
import { structured } from '../../kit/output.ts'
import { readerLeft } from '../../kit/standard-streams.ts'
import type { AdminClient } from '../session/client.ts'
import { retryUnreachable } from '../session/retry-unreachable.ts'
import { print } from '../session/session.ts'
import { entryLine } from './entry-text.ts'
import { type AuditQuery, pagesOf } from './pages.ts'

export const LIST_FORMATS = ['text', 'json', 'yaml', 'jsonl'] as const
export type ListFormat = (typeof LIST_FORMATS)[number]

/** Short, because entries of other controllers of the database, and of rules, wake no waiting request. */
const WAIT_MS = 5_000

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
  if (follow) await Promise.race([following(client, query, last, format), readerLeft(process)])
}

async function following(
  client: AdminClient,
  query: AuditQuery,
  after: number,
  format: 'text' | 'jsonl',
): Promise<never> {
  for (let last = after; ; ) {
    const asked = { query: { ...query, after: last, waitMs: WAIT_MS } }
    const page = await retryUnreachable(() => client.ask(auditRoutes.listAudit, asked, { waitMs: WAIT_MS }))
    last = page.last
    for (const entry of page.entries) print(lineOf(entry, format))
  }
}

const lineOf = (entry: AuditEntry, format: 'text' | 'jsonl') =>
  format === 'jsonl' ? jsonLine(entry) : `${entryLine(entry)}\n`

/** What verify reads: nothing is left out, and control characters are escaped. */
export const jsonLine = (entry: AuditEntry) => `${escapeControls(JSON.stringify(entry))}\n`
