import { AgentError } from '../../base/agent-error.ts'
import { type RetryPolicy, retry } from '../../base/retry.ts'
import { isUnavailable } from '../../controller-client/ask.ts'
import type { HostView } from '../../host/host.ts'
import type { AnswerOf, AskedOf, Route, Schema } from '../../protocol/api/route.ts'
import type { AgentConfig } from '../config.ts'
import { askController, type Way } from './ask-controller.ts'

export interface RetryWay extends Pick<Way, 'tls' | 'timeoutMs'> {
  config: Pick<AgentConfig, 'urls' | 'proxy'>
  host: HostView
  signal: AbortSignal
}

const POLICY: RetryPolicy = { firstMs: 3_000, tries: 40 }

/** Like askController, but retries for up to two minutes, while the controller or its database restarts. */
export async function askWithRetry<const R extends Route & { answer: Schema }>(
  { config, host, signal, ...way }: RetryWay,
  route: R,
  asked: AskedOf<R>,
): Promise<AnswerOf<R>> {
  const ask = (attempt: number) => {
    const url = config.urls[attempt % config.urls.length] ?? ''
    return askController({ ...way, url, proxy: config.proxy, network: host.network }, route, asked)
  }
  return retry(POLICY, ask, { clock: host, signal, mayPass: isAway })
}

/** Also above one of its limits (status 429). */
const isAway = (error: unknown) =>
  isUnavailable(error) || (error instanceof AgentError && (error.facts.status === 429 || STARTING.includes(error.code)))

/** Errors of a controller that is just starting. */
const STARTING: readonly string[] = ['controller/failed', 'bug']
