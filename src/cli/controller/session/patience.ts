import { setTimeout as pause } from 'node:timers/promises'
import { AgentError } from '../../../base/agent-error.ts'

const PATIENCE_MS = 120_000
const RETRY_MS = 1_000

export const CLOCK = { nowMs: () => performance.now(), sleep: (ms: number): Promise<void> => pause(ms) }

/** Asks again while the controller is away, as one that restarts is: whoever follows something need not begin anew. */
export async function patiently<T>(ask: () => Promise<T>, { nowMs, sleep } = CLOCK): Promise<T> {
  const deadlineMs = nowMs() + PATIENCE_MS
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      const isAway = error instanceof AgentError && error.code === 'controller/unreachable'
      if (!isAway || nowMs() > deadlineMs) throw error
    }
    await sleep(RETRY_MS)
  }
}
