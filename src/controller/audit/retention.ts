import { setImmediate } from 'node:timers/promises'
import { removal } from '../../protocol/audit/chain.ts'
import { RETENTION_ACTION } from '../../protocol/audit/entry.ts'
import type { HasClock, HasStore } from '../ports.ts'
import { byController, contentOf } from './act.ts'

/** How many days, and bytes of JSON, of the audit log are kept. */
export interface AuditRetention {
  days: number
  bytes: number
}

export const AUDIT_RETENTION: AuditRetention = { days: 400, bytes: 2 ** 30 }

/** Entries that one query looks at, and that one commit removes; others are served in between. */
const AT_ONCE = 1_000
/** Of the limit, so that not every entry leads to a removal. */
const DOWN_TO = 0.9
const DAY_MS = 86_400_000

/**
 * Removes the oldest entries that are too old or too many: all at once up to one number, with an entry that has the hash of the last
 * one, so that what remains can be verified. Counts what is stored once, and then only what is new.
 */
export function openAuditRetention(
  { store, now }: HasStore & Pick<HasClock, 'now'>,
  { days, bytes: most }: AuditRetention,
): { tidy(): Promise<void> } {
  let counted = 0
  let bytes = 0
  const pages: { last: number; bytes: number }[] = []

  const count = async () => {
    for (;;) {
      const page = await store.auditSizes(counted, AT_ONCE)
      if (page.last === undefined) return
      counted = page.last
      bytes += page.bytes
      pages.push({ last: page.last, bytes: page.bytes })
      await setImmediate()
    }
  }
  /** The last number of the pages that have to go because of their size. */
  const beyondSize = () => {
    let [left, upTo] = [bytes, 0]
    for (const page of bytes > most ? pages : []) {
      if (left <= most * DOWN_TO) break
      left -= page.bytes
      upTo = page.last
    }
    return upTo
  }
  const beyondAge = async () => {
    const before = new Date(now().getTime() - days * DAY_MS).toISOString()
    let upTo = 0
    const [oldest] = await store.auditAfter({ after: 0 }, 1)
    if (!oldest || oldest.content.at >= before) return upTo
    for (;;) {
      const page = await store.auditAfter({ after: upTo }, AT_ONCE)
      const young = page.findIndex(({ content }) => content.at >= before)
      upTo = (young < 0 ? page.at(-1) : page[young - 1])?.number ?? upTo
      if (young >= 0 || page.length < AT_ONCE) return upTo
      await setImmediate()
    }
  }
  return {
    async tidy() {
      await count()
      const upTo = Math.max(beyondSize(), await beyondAge())
      // The newest one always stays.
      const [last] = upTo === 0 ? [] : await store.auditAfter({ after: Math.min(upTo, counted - 1) - 1 }, 1)
      if (!last) return
      const reason = `kept are ${days} days and ${most} bytes`
      const changes = [removal({ number: last.number, hash: last.hash })]
      const act = byController(RETENTION_ACTION, reason)
      const content = contentOf(act, { at: now().toISOString(), outcome: 'done', changes })
      await store.commit([
        { change: 'remove-audit-entries', upTo: last.number },
        { change: 'add-audit-entry', content },
      ])
      // Counted again: other controllers remove entries too.
      counted = 0
      bytes = 0
      pages.length = 0
    },
  }
}
