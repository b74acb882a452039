import { Agent, request } from 'node:https'
import { AgentError } from '../base/agent-error.ts'
import type { Outgoing, Send } from './ask.ts'

export interface HttpsOptions {
  /** PEM. */
  ca: string
  cert: string
  key: string
  /** What to do when the controller does not answer. */
  fix: string
  /** The largest answer that is read; default 64 MiB. */
  maxBytes?: number
}

const MAX_BYTES = 64 * 2 ** 20

/** Sends requests over TLS 1.3 with a client certificate. Connections are kept open until `close`. */
export function openHttps({ ca, cert, key, fix, maxBytes = MAX_BYTES }: HttpsOptions): { send: Send; close(): void } {
  const agent = new Agent({ ca, cert, key, minVersion: 'TLSv1.3', keepAlive: true, maxSockets: 4 })
  return {
    close: () => agent.destroy(),
    async send(outgoing) {
      try {
        return await exchange(agent, outgoing, maxBytes)
      } catch (error) {
        outgoing.signal?.throwIfAborted()
        throw unreachable(new URL(outgoing.url).origin, error, fix)
      }
    },
  }
}

function exchange(
  agent: Agent,
  { url, method, headers, body, timeoutMs, signal }: Outgoing,
  maxBytes: number,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) }
    const options = { method, agent, headers: { ...headers, ...length }, ...(signal && { signal }) }
    const sent = request(url, options, (response) => {
      const chunks: Buffer[] = []
      let bytes = 0
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > maxBytes) sent.destroy(new Error(`the answer has more than ${maxBytes} bytes`))
        else chunks.push(chunk)
      })
      response.on('error', reject)
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') })
      })
    })
    sent.setTimeout(timeoutMs, () => sent.destroy(new Error('timed out')))
    sent.on('error', reject)
    sent.end(body)
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
