import { Agent, request } from 'node:https'

export interface Answer {
  status: number
  body: string
}

export interface Question {
  address: string
  port: number
  path: string
  /** PEM. */
  ca: string
  cert?: string
  key?: string
  timeoutMs: number
}

/** Keeps one connection to each master open: a TLS handshake each second would be most of the load. */
const connections = new Agent({ keepAlive: true, maxSockets: 2, maxFreeSockets: 1 })

/** Undefined if the whole answer, including the connection, does not arrive in time. */
export function askMaster({ address, timeoutMs, ...rest }: Question): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(timeoutMs)
    const call = request({ host: address, ...rest, agent: connections, signal }, async (response) => {
      let body = ''
      try {
        for await (const chunk of response) body += chunk
        resolve({ status: response.statusCode ?? 0, body })
      } catch {
        resolve(undefined)
      }
    })
    call.on('error', () => resolve(undefined))
    call.end()
  })
}
