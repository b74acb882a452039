import { command } from '../../../base/command.ts'
import { ask, askLines } from '../../../controller-client/ask.ts'
import {
  eventStream,
  type Message,
  type StreamQuery,
  type StreamRoute,
} from '../../../controller-client/event-stream.ts'
import { openHttps } from '../../../controller-client/https.ts'
import { machineCas } from '../../../pki/machine-cas.ts'
import type { AnswerOf, AskedOf, Route, Schema } from '../../../protocol/api/route.ts'
import type { ControllerAccess } from './controller-access.ts'
import { explainRefusedToken } from './refused-token.ts'

const TIMEOUT_MS = 20_000

export interface CallOptions {
  /** How much longer than usual the controller may take to answer. */
  waitMs?: number
  signal?: AbortSignal
}

/** A client of the controller's API, with an administrator's certificate, a login, or a token. Connections are kept open until `close`. */
export interface AdminClient {
  ask<const R extends Route & { answer: Schema }>(
    route: R,
    asked: AskedOf<R>,
    options?: CallOptions,
  ): Promise<AnswerOf<R>>
  /** The values of an answer with one JSON value a line, as they arrive. */
  lines<const R extends Route & { answer: 'lines' }>(route: R, options?: CallOptions): AsyncIterable<unknown>
  /** Values after a number, as they are stored: see eventStream. */
  events<const R extends StreamRoute>(
    route: R,
    query: StreamQuery<R>,
    options: { onOpen(): void; signal?: AbortSignal },
  ): AsyncIterable<Message<R>>
  close(): void
}

export function openAdminClient(access: ControllerAccess): AdminClient {
  const identity = 'token' in access ? { token: access.token } : { cert: access.certificate, key: access.key }
  return open(access, identity, { fix: fixOf(access), fixOtherCa: fixOfOtherCa(access) }, explainRefusedToken(access))
}

/** A client without an identity, to sign in. */
export function openLoginClient(reach: { url: string; ca: string | undefined }): AdminClient {
  return open(reach, {}, { fix: RUNNING }, (error) => {
    throw error
  })
}

const RUNNING = 'check that the controller is running (controller serve)'

function open(
  { url, ca = machineCas() }: { url: string; ca?: string | string[] | undefined },
  identity: { token?: string; cert?: string; key?: string },
  fixes: { fix: string; fixOtherCa?: string },
  explain: (error: unknown) => never,
): AdminClient {
  const { send, receive, close } = openHttps({ ca, ...identity, ...fixes })
  return {
    ask: (route, asked, { waitMs = 0, signal } = {}) =>
      ask(send, url, route, asked, { timeoutMs: TIMEOUT_MS + waitMs, ...(signal && { signal }) }).catch(explain),
    async *lines(route, { waitMs = 0, signal } = {}) {
      try {
        yield* askLines(receive, url, route, { timeoutMs: TIMEOUT_MS + waitMs, ...(signal && { signal }) })
      } catch (error) {
        explain(error)
      }
    },
    async *events(route, query, options) {
      try {
        yield* eventStream(receive, url, route, query, options)
      } catch (error) {
        explain(error)
      }
    },
    close,
  }
}

function fixOf(access: ControllerAccess): string {
  if (!('token' in access)) return `${RUNNING} and that --admin FILE is its admin.json`
  return access.from === 'login'
    ? `${RUNNING}; if its CA or its URL has changed, sign in again: ${command`controller login ${access.url}`}`
    : `${RUNNING}, and that CANTRIP_URL and CANTRIP_CA are those of the controller`
}

function fixOfOtherCa(access: ControllerAccess): string {
  if (!('token' in access)) {
    return 'if the keys of the controller were rotated: use its present admin.json, or create another file on its machine: sudo controller admin create NAME; otherwise another program answers at this address'
  }
  return access.from === 'login'
    ? `if the keys of the controller were rotated, sign in again: ${command`controller login ${access.url}`}; otherwise another program answers at this address`
    : 'set CANTRIP_CA to the CA of the controller: DATA_DIRECTORY/pki/ca.crt, and CANTRIP_URL to its URL'
}
