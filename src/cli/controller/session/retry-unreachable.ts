import { setTimeout as pause } from 'node:timers/promises'
import { AgentError } from '../../../base/agent-error.ts'
import { type Clock, type RetryPolicy, retry } from '../../../base/retry.ts'

const POLICY: RetryPolicy = { firstMs: 1_000, withinMs: 120_000 }

/** Monotonic: a change of the system clock makes no wait longer or shorter. */
export const CLOCK: Clock = {
  now: () => new Date(performance.timeOrigin + performance.now()),
  sleep: (ms, signal) => pause(ms, undefined, { signal }),
}

/** Retries for two minutes while the controller is unreachable, so that a command survives a restart of the controller. */
export async function retryUnreachable<T>(ask: () => Promise<T>, clock = CLOCK): Promise<T> {
  const mayPass = (error: unknown) => error instanceof AgentError && error.code === 'controller/unreachable'
  return retry(POLICY, ask, { clock, mayPass })
}
