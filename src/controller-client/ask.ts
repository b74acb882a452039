import { AgentError, type ErrorKind } from '../base/agent-error.ts'
import { ApiError } from '../protocol/api/access.ts'
import { PROBLEM, ProblemDetails } from '../protocol/api/http/problem.ts'
import { type AnswerOf, type AskedOf, type ParamsOf, pathOf, type Route, type Schema } from '../protocol/api/route.ts'

export interface Outgoing {
  url: string
  method: Route['method']
  headers: Record<string, string>
  body?: string
  /** Instead of a body of text. */
  bytes?: Uint8Array
  timeoutMs: number
  signal?: AbortSignal
}

/** Sends one request. Rejects if there is no answer, with AgentError `controller/unreachable` if the connection failed. */
export type Send = (request: Outgoing) => Promise<{ status: number; body: string }>

/** Like Send; the content of the answer arrives as it is read. */
export type Receive = (request: Outgoing) => Promise<{ status: number; chunks: AsyncIterable<Buffer> }>

const ACCEPT = { accept: `${PROBLEM}, application/json` }

export interface AskOptions {
  timeoutMs: number
  signal?: AbortSignal
}

/**
 * Sends the request that a route declares and returns the answer, parsed with the route's schema. Throws what `send`
 * throws; for a status of 400 and above the controller's error, or `controller/failed` if it has none; and
 * `controller/bad-answer` if the answer does not match the schema.
 */
export async function ask<const R extends Route & { answer: Schema }>(
  send: Send,
  origin: string,
  route: R,
  asked: AskedOf<R>,
  options: AskOptions,
): Promise<AnswerOf<R>> {
  const { params, query, body } = asked as { params?: ParamsOf<R['path']>; query?: object; body?: unknown }
  const url = new URL(pathOf(route, params, query), origin).href
  const sent =
    body === undefined
      ? { headers: ACCEPT }
      : body instanceof Uint8Array
        ? { headers: { ...ACCEPT, 'content-type': 'application/octet-stream' }, bytes: body }
        : { headers: { ...ACCEPT, 'content-type': 'application/json' }, body: JSON.stringify(body) }
  const answer = await send({ url, method: route.method, ...sent, ...options })
  const json = parse(answer.body)
  if (answer.status >= 400) throw refusal(answer.status, json)
  const parsed = route.answer.safeParse(json)
  if (parsed.success) return parsed.data as AnswerOf<R>
  throw new AgentError('controller/bad-answer', `the answer of ${origin} is not the answer of a controller`, {
    fix: 'check the address, and that the controller is at least as new as this program',
  })
}

/** The values of an answer with one JSON value a line. Throws like `ask`, also while they are read. */
export async function* askLines<const R extends Route & { answer: 'lines' }>(
  receive: Receive,
  origin: string,
  route: R,
  options: AskOptions,
): AsyncGenerator<unknown> {
  const url = new URL(pathOf(route), origin).href
  const { status, chunks } = await receive({
    url,
    method: route.method,
    headers: { accept: `${PROBLEM}, application/x-ndjson` },
    ...options,
  })
  let pending: Buffer[] = []
  for await (const chunk of chunks) {
    let from = 0
    for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, from)) {
      pending.push(chunk.subarray(from, at))
      from = at + 1
      const line = Buffer.concat(pending).toString('utf8')
      pending = []
      if (status < 400) yield JSON.parse(line)
    }
    pending.push(chunk.subarray(from))
  }
  const rest = Buffer.concat(pending).toString('utf8')
  if (status >= 400) throw refusal(status, parse(rest))
  if (rest !== '')
    throw new AgentError('controller/bad-answer', `the answer of ${origin} has no end`, {
      fix: 'run the same command again',
    })
}

/** The controller's error as an AgentError; `facts.status` is the HTTP status. */
export function refusal(status: number, json: unknown): AgentError {
  const { code, message, fix, remedy } = problemIn(json) ?? {
    code: 'controller/failed',
    message: `the controller answered with status ${status}`,
    fix: 'see the log of the controller',
    remedy: undefined,
  }
  return new AgentError(code, message, { fix, remedy, kind: kindOf(status), facts: { status } })
}

/** A controller of an earlier build answers with an ApiError. */
function problemIn(json: unknown): (ApiError & { remedy: ApiError['remedy'] }) | undefined {
  const problem = ProblemDetails.safeParse(json)
  if (problem.success) {
    const { code, detail: message, fix, remedy } = problem.data
    return { code, message, fix, remedy }
  }
  const error = ApiError.safeParse(json)
  return error.success ? { remedy: undefined, ...error.data } : undefined
}

function kindOf(status: number): ErrorKind {
  if (status === 401 || status === 403 || status === 409 || status === 429) return 'refused'
  if (status === 503) return 'unreachable'
  return status < 500 ? 'invalid' : 'bug'
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

/** Whether the controller cannot be reached, or its database does not answer (status 503): the same request may succeed later. */
export function isUnavailable(error: unknown): error is AgentError {
  return error instanceof AgentError && (error.code === 'controller/unreachable' || error.facts.status === 503)
}
