import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** Connections take turns. */
const SLICE_BYTES = 16 * 1024

/** One direction of a link: so many bytes per second, for all connections together. */
export class Direction {
  bytes = 0
  readonly #bytesPerSecond: number
  #freeAtMs = 0

  constructor(bytesPerSecond: number) {
    this.#bytesPerSecond = bytesPerSecond
  }

  /** Milliseconds until these bytes have passed. */
  pass(bytes: number): number {
    this.bytes += bytes
    const nowMs = performance.now()
    // A timer is late by some milliseconds.
    this.#freeAtMs = Math.max(this.#freeAtMs, nowMs - 20) + (bytes * 1_000) / this.#bytesPerSecond
    return this.#freeAtMs - nowMs
  }
}

export interface Link {
  up: Direction
  down: Direction
}

export const linkOf = (bytesPerSecond: number): Link => ({
  up: new Direction(bytesPerSecond),
  down: new Direction(bytesPerSecond),
})

/** A port that leads from one link to a server behind another one. */
export async function shapedPath(client: Link, server: Link, to: { host: string; port: number }) {
  const sockets = new Set<Socket>()
  const listener = createServer((from) => {
    const upstream = connect(to)
    for (const each of [from, upstream]) {
      sockets.add(each.setNoDelay())
      each.on('error', () => undefined)
      each.on('close', () => {
        from.destroy()
        upstream.destroy()
        sockets.delete(each)
      })
    }
    void pump(from, upstream, [client.up, server.down])
    void pump(upstream, from, [server.up, client.down])
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    close() {
      listener.close()
      for (const each of sockets) each.destroy()
    },
  }
}

async function pump(from: Socket, to: Socket, directions: readonly Direction[]): Promise<void> {
  try {
    for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; at += SLICE_BYTES) {
        const slice = chunk.subarray(at, at + SLICE_BYTES)
        const waitMs = Math.max(...directions.map((each) => each.pass(slice.length)))
        if (waitMs > 1) await sleep(waitMs)
        if (!to.write(slice)) await once(to, 'drain')
      }
    }
    to.end()
  } catch {
    to.destroy()
  }
}
