import { AgentError } from '../../../base/agent-error.ts'
import { type RetryPolicy, retry } from '../../../base/retry.ts'
import { STEADY_CLOCK } from '../../kit/steady-clock.ts'

const POLICY: RetryPolicy = { firstMs: 250, tries: 121 }

/**
 * A node reports its facts a moment after it was approved, so a script that configures it at once would fail. Retries for
 * half a minute, then throws the controller's refusal.
 */
export async function retryUntilFacts<T>(attempt: () => Promise<T>, clock = STEADY_CLOCK): Promise<T> {
  const mayPass = (error: unknown) => error instanceof AgentError && error.code === 'node/no-facts'
  return retry(POLICY, attempt, { clock, mayPass })
}
