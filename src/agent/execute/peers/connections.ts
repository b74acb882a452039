import { Agent, type IncomingMessage, request } from 'node:http'
import type { Socket } from 'node:net'

/** HTTP over connections that are kept for the next request. */
export interface Connection {
  /** Rejects if nothing arrives for `stallMs`, after `wholeMs` in all, and with TooLong for an answer of more than `maxBytes`. */
  ask(question: Question): Promise<Answer>
  close(): void
}

export interface Question {
  method?: 'GET' | 'POST'
  path: string
  headers?: Record<string, string>
  body?: string
  maxBytes: number
  stallMs: number
  wholeMs?: number
  signal: AbortSignal
}

export interface Answer {
  status: number
  headers: IncomingMessage['headers']
  body: Buffer
}

export class TooLong extends Error {}

const KEPT_MS = 10_000
const MOST = 3

/** `open`: a connection to the server, verified, and without HTTP yet. */
export function connectionTo(host: string, open: () => Promise<Socket>): Connection {
  const agent = new Agent({ keepAlive: true, timeout: KEPT_MS, maxSockets: MOST })
  agent.createConnection = (_options, give) => {
    open().then(
      (socket) => give?.(null, socket),
      (error: Error) => give?.(error, undefined as never),
    )
    return undefined as never
  }
  return {
    ask({ method = 'GET', path, headers, body, maxBytes, stallMs, wholeMs, signal }) {
      const ends = wholeMs === undefined ? signal : AbortSignal.any([signal, AbortSignal.timeout(wholeMs)])
      return new Promise<Answer>((resolve, reject) => {
        const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
        const sent = request({
          agent,
          host,
          method,
          path,
          headers: { ...headers, ...length },
          timeout: stallMs,
          signal: ends,
        })
        sent.on('timeout', () => sent.destroy(new Error(`${host} sent nothing for ${stallMs} ms`)))
        sent.on('error', reject)
        sent.on('response', (response) => {
          const chunks: Buffer[] = []
          let bytes = 0
          response.on('data', (chunk: Buffer) => {
            chunks.push(chunk)
            bytes += chunk.length
            if (bytes > maxBytes) sent.destroy(new TooLong(`${host} sent more than ${maxBytes} bytes`))
          })
          response.on('error', reject)
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
          )
        })
        sent.end(body)
      })
    },
    close: () => agent.destroy(),
  }
}
