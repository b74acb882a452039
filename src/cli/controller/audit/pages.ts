import type { AuditPage } from '../../../protocol/audit/routes.ts'
import { auditRoutes } from '../../../protocol/audit/routes.ts'
import type { AdminClient } from '../session/client.ts'

export type AuditQuery = Partial<Record<'who' | 'cluster' | 'node' | 'since', string>> & { refused?: '1' }

/** The entries after a number up to now, page by page; at least one page. */
export async function* pagesOf(client: AdminClient, query: AuditQuery, after = 0): AsyncGenerator<AuditPage> {
  for (let last = after; ; ) {
    const page = await client.ask(auditRoutes.listAudit, { query: { ...query, after: last } })
    yield page
    if (page.last >= (page.head?.number ?? 0) || page.last === last) return
    last = page.last
  }
}
