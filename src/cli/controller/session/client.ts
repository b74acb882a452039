import { Agent, request } from 'node:https'
import { AgentError, type ErrorKind } from '../../../base/agent-error.ts'
import type { AdminAccess } from '../../../protocol/api/administrators.ts'
import { ApiError } from '../../../protocol/api/agents.ts'

const TIMEOUT_MS = 20_000

export interface CallOptions {
  body?: unknown
  query?: Record<string, string | undefined>
  /** How long the controller may wait before it answers. */
  waitMs?: number
  signal?: AbortSignal
}

/** The administrator's side of the controller's REST interface, over connections that are kept. */
export class AdminClient {
  readonly #access: AdminAccess
  readonly #agent: Agent

  constructor(access: AdminAccess) {
    this.#access = access
    const { ca, certificate: cert, key } = access
    this.#agent = new Agent({ ca, cert, key, minVersion: 'TLSv1.3', keepAlive: true, maxSockets: 4 })
  }

  get<T>(path: string, options?: CallOptions): Promise<T> {
    return this.#call('GET', path, options)
  }

  post<T>(path: string, options?: CallOptions): Promise<T> {
    return this.#call('POST', path, options)
  }

  delete<T>(path: string, options?: CallOptions): Promise<T> {
    return this.#call('DELETE', path, options)
  }

  close(): void {
    this.#agent.destroy()
  }

  async #call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
    const url = new URL(path, this.#access.url)
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, value)
    }
    if (options.waitMs !== undefined) url.searchParams.set('waitMs', String(options.waitMs))
    const { status, text } = await this.#send(method, url, options)
    if (status < 400) return JSON.parse(text) as T
    throw errorOf(status, text)
  }

  #send(
    method: string,
    url: URL,
    { body, waitMs = 0, signal }: CallOptions,
  ): Promise<{ status: number; text: string }> {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const headers =
      text === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => reject(signal?.aborted ? signal.reason : unreachable(url, error))
      const sent = request(url, { method, headers, agent: this.#agent, ...(signal && { signal }) }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', fail)
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') })
        })
      })
      sent.setTimeout(TIMEOUT_MS + waitMs, () => sent.destroy(new Error('no answer in time')))
      sent.on('error', fail)
      sent.end(text)
    })
  }
}

function errorOf(status: number, text: string): AgentError {
  const parsed = ApiError.safeParse(parse(text))
  const { code, message, fix } = parsed.success
    ? parsed.data
    : { code: 'controller/answer', message: `the controller answered with status ${status}`, fix: 'look at its log' }
  return new AgentError(code, message, { fix, kind: kindOf(status) })
}

function kindOf(status: number): ErrorKind {
  if (status === 403) return 'refused'
  return status < 500 ? 'invalid' : 'bug'
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function unreachable(url: URL, cause: Error): AgentError {
  const reason = 'code' in cause ? String(cause.code) : cause.message
  return new AgentError('controller/unreachable', `cannot reach the controller at ${url.origin}: ${reason}`, {
    fix: 'see that it runs (controller serve), and that this is its admin.json: --admin FILE',
    kind: 'unreachable',
    cause,
  })
}
