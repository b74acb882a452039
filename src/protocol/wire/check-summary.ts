import * as z from 'zod/mini'

const text = z.string().check(z.maxLength(4_096))

/** A precheck that an administrator should know of before the node is let in. */
export const CheckSummary = z.strictObject({
  id: z.string().check(z.maxLength(60)),
  verdict: z.enum(['pass', 'warn', 'fail', 'error', 'skipped']),
  found: text,
  wanted: z.optional(text),
  fix: z.optional(text),
  /** Why somebody had its failure ignored (`--ignore-check`). */
  ignored: z.optional(text),
})
export const CheckSummaries = z.array(CheckSummary).check(z.maxLength(100))

export type CheckSummary = z.infer<typeof CheckSummary>
