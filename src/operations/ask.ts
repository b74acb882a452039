import { AgentError } from '../base/agent-error.ts'
import type { HostView } from '../host/host.ts'
import type { Response } from '../host/network.ts'
import { askApi } from '../provision/api/api.ts'

const HERE = { node: { address: '127.0.0.1' } }
/** What the API server answers while it starts, or without etcd. */
const PASSING = [429, 500, 502, 503, 504]

/** How an object is sent: APPLY and MERGE are two forms of PATCH. */
const FORMS = {
  POST: { method: 'POST', type: 'application/json' },
  PUT: { method: 'PUT', type: 'application/json' },
  DELETE: { method: 'DELETE', type: 'application/json' },
  APPLY: { method: 'PATCH', type: 'application/apply-patch+yaml' },
  MERGE: { method: 'PATCH', type: 'application/merge-patch+json' },
} as const

export type Method = 'GET' | keyof typeof FORMS

export const NO_API = 'the API of the master'

export const isThere = ({ status }: Pick<Response, 'status'>) => status !== 404
export const isDone = ({ status }: Pick<Response, 'status'>) => status >= 200 && status < 300

/** Sends a request to the API server of this master, as its administrator. Undefined if it does not answer. */
export async function send(
  host: HostView,
  method: Method,
  path: string,
  object?: unknown,
): Promise<Response | undefined> {
  if (method === 'GET' || object === undefined)
    return askApi(host, HERE, path, { method: method === 'GET' ? 'GET' : FORMS[method].method })
  const { type, ...form } = FORMS[method]
  return askApi(host, HERE, path, { ...form, headers: { 'content-type': type }, body: JSON.stringify(object) })
}

/**
 * As `send`, but also undefined for what passes by itself: an API server that starts, or has no etcd. 404 and 409 are answers.
 * Throws `kubernetes/refused` if the API server refuses the request.
 */
export async function ask(
  host: HostView,
  method: Method,
  path: string,
  object?: unknown,
): Promise<Response | undefined> {
  const answer = await send(host, method, path, object)
  if (!answer || PASSING.includes(answer.status)) return undefined
  const { status } = answer
  if (isDone(answer) || status === 404 || status === 409) return answer
  throw new AgentError(
    'kubernetes/refused',
    `Kubernetes refused the request with status ${status}: ${reasonIn(answer)}`,
    { fix: 'see the audit log of Kubernetes: an admission policy of this cluster may forbid it' },
  )
}

/** An object or a list of the API; undefined if it does not exist, or the API server does not answer now. */
export async function read<T>(host: HostView, path: string): Promise<T | undefined> {
  const answer = await ask(host, 'GET', path)
  return answer && isThere(answer) ? (JSON.parse(answer.body) as T) : undefined
}

export function reasonIn({ body }: Pick<Response, 'body'>): string {
  try {
    return String((JSON.parse(body) as { message?: string }).message).slice(0, 1_000)
  } catch {
    return body.slice(0, 200)
  }
}
