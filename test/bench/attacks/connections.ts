import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import type { Credentials } from '../../support/controller/client.ts'
import type { Scene, Tally } from './scene.ts'

/** The attackers are one machine. */
const FROM = '127.0.0.2'

export interface Field {
  scene: Scene
  tally: Tally
  isOver(): boolean
  /** Resolves at the end of the attack. */
  over: Promise<void>
}

export function count(tally: Tally, what: string, times = 1): void {
  tally[what] = (tally[what] ?? 0) + times
}

export const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`

export function openTcp({ scene, tally }: Field): Socket {
  const socket = connectTcp({ host: '127.0.0.1', port: scene.port, localAddress: FROM })
  count(tally, 'connections')
  return socket.on('error', () => undefined)
}

/** Undefined if the controller closed the connection first. */
export async function openTls(field: Field, { ca, cert, key }: Credentials): Promise<TLSSocket | undefined> {
  const socket = connect({ socket: openTcp(field), host: '127.0.0.1', ca, cert, key }).on('error', () => undefined)
  const opened = await Promise.race([
    once(socket, 'secureConnect').then(() => true),
    once(socket, 'close').then(() => false),
  ]).catch(() => false)
  if (opened) return socket
  socket.destroy()
  count(field.tally, 'refused before TLS ended')
  return undefined
}

/** Counts the answers of a connection by status. */
export function countAnswers(socket: TLSSocket, tally: Tally): void {
  socket.on('data', (data: Buffer) => {
    for (const [, status] of data.toString('latin1').matchAll(/HTTP\/1\.1 (\d{3})/g)) count(tally, `status ${status}`)
  })
}

/** Repeats an attempt on so many connections at the same time until the attack is over. */
export const repeated =
  (connections: number, attempt: (field: Field) => Promise<void>) =>
  async (field: Field): Promise<void> => {
    const one = async () => {
      while (!field.isOver()) {
        await attempt(field)
        // A refused client that tries again at once must not stop the timers of this process.
        await sleep(5)
      }
    }
    await Promise.all(Array.from({ length: connections }, one))
  }

/** Waits for the connection to end, or for the end of the attack. */
export async function untilClosed(socket: Socket, { over }: Field): Promise<void> {
  if (!socket.destroyed) await Promise.race([once(socket, 'close'), over]).catch(() => undefined)
  socket.destroy()
}
