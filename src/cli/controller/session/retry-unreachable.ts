import { type RetryPolicy, retry } from '../../../base/retry.ts'
import { isUnavailable } from '../../../controller-client/ask.ts'
import { STEADY_CLOCK } from '../../kit/steady-clock.ts'

const POLICY: RetryPolicy = { firstMs: 1_000, withinMs: 120_000 }

/** Retries for two minutes, so that a command survives a restart of the controller, or of its database (status 503). */
export async function retryUnreachable<T>(ask: () => Promise<T>, clock = STEADY_CLOCK): Promise<T> {
  return retry(POLICY, ask, { clock, mayPass: isUnavailable })
}
