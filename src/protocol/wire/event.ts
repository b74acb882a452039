import * as z from 'zod/mini'

const at = z.iso.datetime()
const text = z.string().check(z.maxLength(8_192))
const step = z.string().check(z.maxLength(120))
const marks = z.optional(z.string().check(z.maxLength(60)))
const ms = z.number().check(z.nonnegative())
export const ErrorReport = z.strictObject({ code: z.string().check(z.maxLength(120)), message: text, fix: text })

export const PlannedStep = z.strictObject({ id: step, title: text })

/** The wire format of the events in engine/event.ts; a test compares the two. */
export const RunEvent = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('run-started'),
    at,
    role: z.string().check(z.maxLength(60)),
    steps: z.array(PlannedStep).check(z.maxLength(500)),
  }),
  z.strictObject({ kind: z.literal('step-started'), at, step, title: text, marks }),
  z.strictObject({
    kind: z.literal('step-progress'),
    at,
    step,
    done: z.number(),
    of: z.number(),
    unit: z.enum(['bytes', 'items']),
  }),
  z.strictObject({ kind: z.literal('step-skipped'), at, step, because: text, marks }),
  z.strictObject({ kind: z.literal('step-done'), at, step, ms, marks }),
  z.strictObject({ kind: z.literal('step-failed'), at, step, error: ErrorReport }),
  z.strictObject({ kind: z.literal('log'), at, level: z.enum(['debug', 'info', 'warn', 'error']), message: text }),
  z.strictObject({
    kind: z.literal('run-ended'),
    at,
    outcome: z.enum(['done', 'failed', 'indeterminate', 'cancelled']),
    ms,
    error: z.optional(ErrorReport),
  }),
])

export type RunEvent = z.infer<typeof RunEvent>
