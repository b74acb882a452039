import type * as z from 'zod/mini'
import { auditRoutes } from '../../../protocol/audit/routes.ts'
import { AUDIT_TOPIC } from '../../audit/recorded.ts'
import type { Services } from '../../services.ts'
import { auditPage } from '../../views/audit-page.ts'
import type { Shares } from '../admission/shares.ts'
import { MAX_EVENTS, PAGE_BYTES } from '../limits.ts'
import { afterOf, messageOf, type SendStream, sendStream, written } from './send-stream.ts'

/** Between two looks without an announcement: other controllers of the database, and rules, announce no entries. */
const LOOK_MS = 5_000

type Query = z.output<typeof auditRoutes.listAudit.query>

/**
 * Sends entries of the audit log after a number, or else new ones, as they are stored, and as fast as the client reads. It resumes after
 * the entry of Last-Event-ID.
 */
export function createAuditStream(core: Services, shares: Shares): SendStream {
  return async (request, reply, admitted) => {
    const { who, cluster, node, since, refused } = request.query as Query
    const filter = { who, cluster, node, since, refused: refused === '1' }
    const after = afterOf(auditRoutes.listAudit, request) ?? (await core.store.auditHead())?.number ?? 0
    await sendStream(shares, { request, reply, admitted }, async (out) => {
      const gone = new AbortController()
      out.once('close', () => gone.abort())
      let last = after
      const read = async () => {
        const page = await auditPage(core.store, { ...filter, after: last }, { events: MAX_EVENTS, bytes: PAGE_BYTES })
        last = page.last
        return page.entries.length > 0 ? page.entries : undefined
      }
      while (!out.destroyed && !core.changes.ended.aborted) {
        const entries = (await core.changes.until(read, LOOK_MS, gone.signal, AUDIT_TOPIC)) ?? []
        // Without entries a comment, from which the client learns that the connection lasts.
        const text = entries.length === 0 ? ': \n\n' : entries.map((entry) => messageOf(entry.number, entry)).join('')
        await written(out, text)
      }
      out.end()
    })
  }
}
