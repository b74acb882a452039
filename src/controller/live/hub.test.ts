import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { WINDOW } from '../../protocol/wire/session/limits.ts'
import { Hub } from './hub.ts'

/** A connection that only receives. */
class Socket extends EventEmitter {
  readonly OPEN = 1
  readyState = 1
  isTerminated = false
  isPaused = false
  pause() {
    this.isPaused = true
  }
  resume() {
    this.isPaused = false
  }
  send() {}
  ack() {
    this.emit('message', Buffer.from(JSON.stringify({ v: 1, t: 'ack', id: 'a2', seq: 0, ack: 0, body: {} })), false)
  }
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
    hub.accept(socket as unknown as WebSocket, `n-${at}`, {
      address: '10.0.0.1',
      fingerprint: 'k',
      expiresAt: new Date(8e15),
    })
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

it('reads no more from a node while many of its messages wait for the store', async () => {
  const answers: ((clusters: Map<string, string>) => void)[] = []
  const store = { clustersOf: () => new Promise((resolve) => answers.push(resolve)), node: async () => undefined }
  // The clock is far ahead at each look, so that the rate of messages is not what pauses.
  let ms = 0
  const now = () => {
    ms += 1_000
    return new Date(ms)
  }
  const ports = { store, now, log: () => undefined } as unknown as ConstructorParameters<typeof Hub>[0]
  const hub = new Hub(ports, () => 60_000)
  const socket = new Socket()
  hub.accept(socket as unknown as WebSocket, 'n-1', {
    address: '10.0.0.1',
    fingerprint: 'k',
    expiresAt: new Date(8e15),
  })
  socket.hello()
  for (let count = 2; count < 2 * WINDOW; count++) socket.ack()
  expect(socket.isPaused).toBe(false)
  socket.ack()
  expect(socket.isPaused).toBe(true)
  await sleep(25)
  expect(socket.isPaused).toBe(true)
  answers[0]?.(new Map())
  await sleep(25)
  expect(socket.isPaused).toBe(false)
  socket.emit('close', 1006)
})
