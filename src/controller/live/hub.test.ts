import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { Hub } from './hub.ts'

/** A connection that only receives. */
class Socket extends EventEmitter {
  readonly OPEN = 1
  readyState = 1
  isTerminated = false
  pause() {}
  resume() {}
  terminate() {
    this.isTerminated = true
  }
  hello() {
    const body = { range: { min: 1, max: 1 }, lastSeq: 0, bootId: 'b', agentVersion: '1', openRun: null, warnings: [] }
    const frame = { v: 1, t: 'hello', id: 'a1', seq: 0, ack: 0, body: { ...body, nodeName: 'one' } }
    this.emit('message', Buffer.from(JSON.stringify(frame)), false)
  }
}

it('during an outage of the store, messages of all nodes wait for one attempt, not for one each', async () => {
  const attempts: ((error: Error) => void)[] = []
  const clustersOf = () => new Promise((_, reject) => attempts.push(reject))
  const now = () => new Date()
  const ports = { store: { clustersOf }, now, log: () => undefined } as unknown as ConstructorParameters<typeof Hub>[0]
  const hub = new Hub(ports, () => 60_000)
  const sockets = Array.from({ length: 5 }, () => new Socket())
  for (const [at, socket] of sockets.entries()) {
    hub.accept(socket as unknown as WebSocket, `n-${at}`, '10.0.0.1')
    socket.hello()
    await sleep(25)
  }
  expect(attempts.length).toBe(1)
  attempts[0]?.(new Error('does not answer'))
  await sleep(25)
  expect(attempts.length).toBe(2)
  attempts[1]?.(new Error('does not answer'))
  await sleep(25)
  expect(attempts.length).toBe(2)
  expect(sockets.filter(({ isTerminated }) => !isTerminated)).toEqual([])
  for (const socket of sockets) socket.emit('close', 1006)
})
