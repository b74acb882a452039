import * as z from 'zod/mini'

const text = z.string().check(z.maxLength(4_096))

/** A precheck that did not pass, for the administrator who approves the node. */
export const CheckSummary = z.strictObject({
  id: z.string().check(z.maxLength(60)),
  verdict: z.enum(['pass', 'warn', 'fail', 'error', 'skipped']),
  found: text,
  wanted: z.optional(text),
  fix: z.optional(text),
  /** The reason given with `--ignore-check`. */
  ignored: z.optional(text),
})
export const CheckSummaries = z.array(CheckSummary).check(z.maxLength(100))

export type CheckSummary = z.infer<typeof CheckSummary>
