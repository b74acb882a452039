import { AgentError } from '../base/agent-error.ts'
import { type RetryPolicy, retry } from '../base/retry.ts'
import { errorMessage } from '../base/text/error-message.ts'
import type { Host } from '../host/host.ts'
import { NetworkError } from '../host/network.ts'
import { hasCode } from './error.ts'

/** Exponential backoff: enough for a restart of the controller, or a link that is down for two minutes. */
const ROUNDS: RetryPolicy = { firstMs: 500, factor: 2, longestMs: 30_000, tries: 10 }

interface Way {
  /** Tried in order, e.g. `https://controller:7443`. */
  controllerUrls: readonly string[]
  host: Host
  signal?: AbortSignal
}

/** Tries one URL after the other, and all again after a pause, as long as one of the failures can be temporary. */
export async function fromAny<T>(
  { controllerUrls, host, signal }: Way,
  what: string,
  ask: (url: string) => Promise<T>,
): Promise<T> {
  let failures: unknown[] = []
  const round = async () => {
    failures = []
    for (const url of controllerUrls) {
      try {
        return await ask(url)
      } catch (error) {
        signal?.throwIfAborted()
        failures.push(error)
      }
    }
    throw fetchFailed(what, controllerUrls, failures)
  }
  return retry(ROUNDS, round, { clock: host, ...(signal && { signal }), mayPass: () => failures.some(mayPass) })
}

/** A TLS handshake that is interrupted or times out can be a temporary failure; any other TLS failure is permanent. */
function mayPass(error: unknown): boolean {
  if (!(error instanceof NetworkError)) return hasCode(error, 'download/cut', 'bundle/not-served')
  return error.stage !== 'tls' || error.cause === undefined || hasCode(error.cause, 'ECONNRESET', 'EPIPE', 'ETIMEDOUT')
}

function fetchFailed(what: string, urls: readonly string[], failures: readonly unknown[]): AgentError {
  const [first] = failures
  if (failures.length === 1 && first instanceof AgentError) return first
  const reasons = failures.map((error, index) => `${urls[index]}: ${errorMessage(error)}`)
  return new AgentError(
    'bundle/fetch-failed',
    `cannot download ${what}: ${reasons.join('; ') || 'the address of the controller is unknown'}`,
    {
      fix: 'check that the controller is running and has the bundle (controller bundle list), then provision again to continue',
      kind: 'unreachable',
      cause: first,
    },
  )
}
