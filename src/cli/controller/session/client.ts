import { ask, askLines } from '../../../controller-client/ask.ts'
import { openHttps } from '../../../controller-client/https.ts'
import type { AdminAccess } from '../../../protocol/api/access.ts'
import type { AnswerOf, AskedOf, Route, Schema } from '../../../protocol/api/route.ts'

const TIMEOUT_MS = 20_000

export interface CallOptions {
  /** How much longer than usual the controller may take to answer. */
  waitMs?: number
  signal?: AbortSignal
}

/** A client of the controller's API with the administrator's certificate. Connections are kept open until `close`. */
export interface AdminClient {
  ask<const R extends Route & { answer: Schema }>(
    route: R,
    asked: AskedOf<R>,
    options?: CallOptions,
  ): Promise<AnswerOf<R>>
  /** The values of an answer with one JSON value a line, as they arrive. */
  lines<const R extends Route & { answer: 'lines' }>(route: R, options?: CallOptions): AsyncIterable<unknown>
  close(): void
}

export function openAdminClient({ url, ca, certificate: cert, key }: AdminAccess): AdminClient {
  const fix = 'check that the controller is running (controller serve) and that --admin FILE is its admin.json'
  const { send, receive, close } = openHttps({ ca, cert, key, fix })
  return {
    ask: (route, asked, { waitMs = 0, signal } = {}) =>
      ask(send, url, route, asked, { timeoutMs: TIMEOUT_MS + waitMs, ...(signal && { signal }) }),
    lines: (route, { waitMs = 0, signal } = {}) =>
      askLines(receive, url, route, { timeoutMs: TIMEOUT_MS + waitMs, ...(signal && { signal }) }),
    close,
  }
}
