import * as z from 'zod/mini'

/**
 * Who acted. `controller`: the controller itself, on behalf of a rule or to keep its own files. `local-user`: a user of its machine, by a
 * command that works on its files.
 */
export const ACTOR_KINDS = [
  'administrator',
  'account',
  'token',
  'installer',
  'node',
  'operator',
  'controller',
  'local-user',
  'unknown',
] as const

/**
 * `done`: the change and this entry are one transaction. `begun`: of something outside the store, before it is done; an entry
 * `done` or `failed` follows. `refused`: nothing was changed. `failed`: an error ended the request.
 */
export const OUTCOMES = ['done', 'begun', 'refused', 'failed'] as const

const textOrNull = z.nullable(z.string())

/** One record that was changed. `fields`: only those that changed; secrets are never in it. */
export const AuditChange = z.looseObject({
  record: z.string(),
  id: z.string(),
  name: textOrNull,
  change: z.enum(['added', 'changed', 'removed']),
  fields: z.record(z.string(), z.looseObject({ before: z.optional(z.unknown()), after: z.optional(z.unknown()) })),
})
export type AuditChange = z.infer<typeof AuditChange>

const content = {
  /** ISO 8601. */
  at: z.string(),
  who: z.looseObject({
    kind: z.enum(ACTOR_KINDS),
    name: z.string(),
    /** Serial number of the certificate, or id of the session or token, in hexadecimal; of a local user the number. */
    id: textOrNull,
  }),
  /** From which the client connected. */
  address: textOrNull,
  /** Id of the route, or what the controller did. */
  action: z.string(),
  /** Method and path template of the request. */
  request: textOrNull,
  requestId: textOrNull,
  target: z.looseObject({ cluster: textOrNull, node: textOrNull, nodeId: textOrNull }),
  outcome: z.enum(OUTCOMES),
  /** Of the error, if it was refused or failed. */
  code: textOrNull,
  /** How many attempts the entry stands for; above 1 only if they were refused or failed. */
  count: z.int(),
  reason: textOrNull,
  changes: z.array(AuditChange),
  /** Changed records that are not listed, because the entry would be too large. */
  omitted: z.int(),
}

/** What happened. Later builds may add fields: they are part of the hash, so no reader may drop them. */
export const AuditContent = z.looseObject(content)
export type AuditContent = z.infer<typeof AuditContent>

/** An entry of the audit log, linked to the one before it: see chain.ts. */
export const AuditEntry = z.looseObject({
  number: z.int(),
  ...content,
  /** SHA-256, in hexadecimal: of the entry before, and of this one. */
  previous: z.string(),
  hash: z.string(),
})
export type AuditEntry = z.infer<typeof AuditEntry>

/** A position in the chain, which identifies everything before it. */
export const AuditHead = z.object({ number: z.int(), hash: z.string() })
export type AuditHead = z.infer<typeof AuditHead>

/** The action of an entry that removes older ones; its change `entries` has the last removed one. */
export const RETENTION_ACTION = 'removeOldAuditEntries'
