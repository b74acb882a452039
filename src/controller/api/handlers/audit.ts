import type { auditRoutes } from '../../../protocol/audit/routes.ts'
import { AUDIT_TOPIC } from '../../audit/recorded.ts'
import type { Services } from '../../services.ts'
import { auditPage } from '../../views/audit-page.ts'
import { MAX_EVENTS, PAGE_BYTES } from '../limits.ts'
import type { Handlers } from './handler.ts'

export const auditHandlers = (core: Services): Handlers<typeof auditRoutes> => ({
  async listAudit({ query, signal }) {
    const heads = async () => ({ head: (await core.store.auditHead()) ?? null, noted: core.audit.noted() })
    const now = await heads()
    const { after = 0, tail, waitMs = 0, refused, ...filter } = query
    if (tail === '1') return { entries: [], last: now.head?.number ?? 0, ...now }
    const limits = { events: MAX_EVENTS, bytes: PAGE_BYTES }
    let last = after
    const read = async () => {
      const page = await auditPage(core.store, { ...filter, after: last, refused: refused === '1' }, limits)
      last = page.last
      return page.entries.length > 0 ? page.entries : undefined
    }
    const entries = (await core.changes.until(read, waitMs, signal, AUDIT_TOPIC)) ?? []
    return { entries, last, ...(await heads()) }
  },
})
