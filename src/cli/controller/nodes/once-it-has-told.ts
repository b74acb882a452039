import { AgentError } from '../../../base/agent-error.ts'
import { type RetryPolicy, retry } from '../../../base/retry.ts'
import { CLOCK } from '../session/patience.ts'

const POLICY: RetryPolicy = { firstMs: 250, tries: 121 }

/**
 * A node tells about itself a moment after it was approved; a script that configures it at once need not know that.
 * Tries for half a minute, then the controller's refusal stands.
 */
export async function onceItHasTold<T>(attempt: () => Promise<T>, clock = CLOCK): Promise<T> {
  const mayPass = (error: unknown) => error instanceof AgentError && error.code === 'node/no-facts'
  return retry(POLICY, attempt, { clock, mayPass })
}
