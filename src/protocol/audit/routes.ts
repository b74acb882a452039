import * as z from 'zod/mini'
import { Flag, type Route, WaitMs, whole } from '../api/route.ts'
import { AuditEntry, AuditHead } from './entry.ts'

const AuditPage = z.object({
  entries: z.array(AuditEntry),
  /** The `after` of the next request: everything up to this number was looked at. */
  last: z.number(),
  /** The last entry now; null if there is none. */
  head: z.nullable(AuditHead),
  /**
   * The head that this controller noted last, in a file of its machine that is signed with its instruction key. Null: none, or its
   * signature is not valid.
   */
  noted: z.nullable(AuditHead),
})
export type AuditPage = z.infer<typeof AuditPage>

/** The audit log. */
export const auditRoutes = {
  listAudit: {
    method: 'GET',
    path: '/v1/audit',
    access: ['administrate'],
    summary:
      'Lists at most 500 entries of the audit log, or 1 MiB of them, after a number, or waits for the next. `tail`: only the head',
    query: z.object({
      after: z.optional(whole(Number.MAX_SAFE_INTEGER)),
      /** Name of the actor. */
      who: z.optional(z.string()),
      /** Name of a cluster, which may be deleted. */
      cluster: z.optional(z.string()),
      /** Name or id of a node. */
      node: z.optional(z.string()),
      since: z.optional(z.iso.datetime()),
      refused: Flag,
      tail: Flag,
      waitMs: WaitMs,
    }),
    answer: AuditPage,
    streams: AuditEntry,
    errors: ['limit/waiting'],
  },
} as const satisfies Record<string, Route>
