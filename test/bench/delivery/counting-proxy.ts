import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'

export interface CountingProxy {
  port: number
  /** Bytes that the server sent so far, with those of TLS. */
  bytes(): number
  /** Calls `act` once, when the server has sent this many bytes. */
  at(bytes: number, act: () => void): void
  close(): void
}

/** Passes connections on to a port of this machine. */
export async function countingProxy(to: number): Promise<CountingProxy> {
  let sent = 0
  let limit = Number.POSITIVE_INFINITY
  let reached: () => void = () => undefined
  const server = createServer((client) => {
    const upstream = connect(to, '127.0.0.1')
    upstream.on('data', (chunk: Buffer) => {
      sent += chunk.length
      if (sent < limit) return
      limit = Number.POSITIVE_INFINITY
      reached()
    })
    client.pipe(upstream).pipe(client)
    for (const each of [client, upstream]) {
      each.on('error', () => undefined)
      each.on('close', () => {
        client.destroy()
        upstream.destroy()
      })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    bytes: () => sent,
    at(bytes, act) {
      limit = bytes
      reached = act
    },
    close: () => void server.close(),
  }
}
