import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import type { Readable } from 'node:stream'
import { AgentError } from '../base/agent-error.ts'
import type { Outgoing, Receive, Send } from './ask.ts'

export interface HttpsOptions {
  /** PEM. */
  ca: string | string[]
  /** Certificate of the client, and its key; absent: the client has none. */
  cert?: string
  key?: string
  /** Sent with each request as `Authorization: Bearer`. */
  token?: string
  /** What to do when the controller does not answer. */
  fix: string
  /** What to do when its certificate was issued by another CA; default: `fix`. */
  fixOtherCa?: string
  /** The largest answer that is read; default 64 MiB. */
  maxBytes?: number
}

const MAX_BYTES = 64 * 2 ** 20

/** Sends requests over TLS 1.3, with a client certificate or a token. Connections are kept open until `close`. */
export function openHttps({ ca, cert, key, token, fix, fixOtherCa = fix, maxBytes = MAX_BYTES }: HttpsOptions): {
  send: Send
  receive: Receive
  close(): void
} {
  const agent = new Agent({
    ca,
    ...(cert && { cert }),
    ...(key && { key }),
    minVersion: 'TLSv1.3',
    keepAlive: true,
    maxSockets: 4,
  })
  const open = (outgoing: Outgoing) => {
    const headers = token === undefined ? outgoing.headers : { ...outgoing.headers, authorization: `Bearer ${token}` }
    return exchange(agent, { ...outgoing, headers })
  }
  const named = async <T>(outgoing: Outgoing, work: () => Promise<T>): Promise<T> => {
    try {
      return await work()
    } catch (error) {
      outgoing.signal?.throwIfAborted()
      const { origin } = new URL(outgoing.url)
      throw isOtherCa(error) ? otherCa(origin, error, fixOtherCa) : unreachable(origin, error, fix)
    }
  }
  return {
    close: () => agent.destroy(),
    send: (outgoing) =>
      named(outgoing, async () => {
        const answer = await open(outgoing)
        return { status: answer.statusCode ?? 0, body: await textOf(answer, maxBytes) }
      }),
    async receive(outgoing) {
      const answer = await named(outgoing, () => open(outgoing))
      return { status: answer.statusCode ?? 0, chunks: readAll(answer, (work) => named(outgoing, work)) }
    },
  }
}

async function* readAll<T>(answer: Readable, named: (work: () => Promise<T>) => Promise<T>): AsyncGenerator<Buffer> {
  const chunks = answer[Symbol.asyncIterator]()
  try {
    for (;;) {
      const { done, value } = (await named(() => chunks.next() as Promise<T>)) as IteratorResult<Buffer>
      if (done) return
      yield value
    }
  } finally {
    answer.destroy()
  }
}

async function textOf(answer: Readable, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of answer) {
    bytes += chunk.length
    if (bytes > maxBytes) throw new Error(`the answer has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The answer, before its content. */
function exchange(
  agent: Agent,
  { url, method, headers, body, bytes, timeoutMs, signal }: Outgoing,
): Promise<IncomingMessage> {
  const content = bytes ?? body
  return new Promise((resolve, reject) => {
    const length = content === undefined ? {} : { 'content-length': Buffer.byteLength(content) }
    // As an option, unlike by `setTimeout`, the time limit holds while it connects too.
    const options = { method, agent, headers: { ...headers, ...length }, timeout: timeoutMs, ...(signal && { signal }) }
    const sent = request(url, options, resolve)
    sent.on('timeout', () => sent.destroy(new Error('timed out')))
    sent.on('error', reject)
    sent.end(content)
  })
}

function unreachable(origin: string, cause: unknown, fix: string): AgentError {
  const reason = cause instanceof Error ? ('code' in cause ? String(cause.code) : cause.message) : String(cause)
  return new AgentError('controller/unreachable', `cannot reach the controller at ${origin}: ${reason}`, {
    fix,
    kind: 'unreachable',
    cause,
  })
}

const OTHER_CA = ['SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY']

const isOtherCa = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && OTHER_CA.includes(String(error.code))

function otherCa(origin: string, cause: NodeJS.ErrnoException, fix: string): AgentError {
  const message = `cannot reach the controller at ${origin}: its certificate was issued by another CA (${cause.code})`
  return new AgentError('controller/unreachable', message, { fix, kind: 'unreachable', cause })
}
