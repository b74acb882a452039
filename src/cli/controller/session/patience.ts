import { setTimeout as pause } from 'node:timers/promises'
import { AgentError } from '../../../base/agent-error.ts'
import { type Clock, type RetryPolicy, retry } from '../../../base/retry.ts'

const POLICY: RetryPolicy = { firstMs: 1_000, withinMs: 120_000 }

/** No step of the machine's clock makes a wait longer or shorter. */
export const CLOCK: Clock = {
  now: () => new Date(performance.timeOrigin + performance.now()),
  sleep: (ms, signal) => pause(ms, undefined, { signal }),
}

/** Asks again while the controller is away, as one that restarts is: whoever follows something need not begin anew. */
export async function patiently<T>(ask: () => Promise<T>, clock = CLOCK): Promise<T> {
  const mayPass = (error: unknown) => error instanceof AgentError && error.code === 'controller/unreachable'
  return retry(POLICY, ask, { clock, mayPass })
}
