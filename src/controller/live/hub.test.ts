import { EventEmitter } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import type { WebSocket } from 'ws'
import { facts } from '../../../test/support/controller/agent.ts'
import { AgentError } from '../../base/agent-error.ts'
import type { Facts } from '../../protocol/wire/facts.ts'
import { WINDOW } from '../../protocol/wire/session/limits.ts'
import { NO_METER } from '../monitoring/meter.ts'
import { ALONE } from '../peers/peers.ts'
import { Hub } from './hub.ts'

const PEER = { address: '10.0.0.1', fingerprint: 'k', expiresAt: new Date(8e15) }

/** A connection that only receives. */
class Socket extends EventEmitter {
  /** Those of the present test. */
  static readonly all = new Set<Socket>()
  constructor() {
    super()
    Socket.all.add(this)
  }
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
  close() {}
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

// A session that is left open would ping after the test.
afterEach(() => {
  for (const socket of Socket.all) socket.emit('close', 1_000)
  Socket.all.clear()
})

const away = new AgentError('store/unreachable', 'does not answer', { fix: 'start it', kind: 'unreachable' })

it('during an outage of the store, messages of all nodes wait for one attempt, not for one each', async () => {
  const attempts: ((error: Error) => void)[] = []
  const clustersOf = () => new Promise((_, reject) => attempts.push(reject))
  const now = () => new Date()
  const ports = {
    store: { clustersOf },
    now,
    log: () => undefined,
    refused: () => undefined,
    meter: NO_METER,
    peers: ALONE,
  } as unknown as ConstructorParameters<typeof Hub>[0]
  const hub = new Hub(ports, () => 60_000)
  const sockets = Array.from({ length: 5 }, () => new Socket())
  for (const [at, socket] of sockets.entries()) {
    hub.accept(socket as unknown as WebSocket, `n-${at}`, PEER)
    socket.hello()
    await sleep(25)
  }
  expect(attempts.length).toBe(1)
  attempts[0]?.(away)
  await sleep(25)
  expect(attempts.length).toBe(2)
  attempts[1]?.(away)
  await sleep(25)
  expect(attempts.length).toBe(2)
  expect(sockets.filter(({ isTerminated }) => !isTerminated)).toEqual([])
  for (const socket of sockets) socket.emit('close', 1006)
})

it('a bug that the messages of one node lead to ends its session, and no other', async () => {
  const logged: string[] = []
  const clustersOf = async (ids: string[]) => {
    if (ids.includes('n-1')) throw new TypeError('a bug')
    return new Map()
  }
  const ports = {
    ...{ store: { clustersOf, node: async () => undefined }, now: () => new Date(), meter: NO_METER, peers: ALONE },
    ...{ log: (line: string) => void logged.push(line), refused: () => undefined },
  } as unknown as ConstructorParameters<typeof Hub>[0]
  const hub = new Hub(ports, () => 60_000)
  const sockets = Array.from({ length: 3 }, () => new Socket())
  for (const [at, socket] of sockets.entries()) hub.accept(socket as unknown as WebSocket, `n-${at}`, PEER)
  for (const socket of sockets) socket.hello()
  await sleep(50)
  expect(sockets.map(({ isTerminated }) => isTerminated)).toEqual([false, true, false])
  expect(logged.join()).toMatch(/messages of node n-1 could not be stored: TypeError: a bug\n +at /)
  for (const socket of sockets) socket.emit('close', 1006)
})

it('accepts no session after it was closed: a client whose upgrade was in work would keep the process', async () => {
  const ports = {
    ...{ store: { commit: async () => true }, now: () => new Date(), meter: NO_METER, peers: ALONE },
    ...{ log: () => undefined, refused: () => undefined },
  } as unknown as ConstructorParameters<typeof Hub>[0]
  const hub = new Hub(ports, () => 60_000)
  await hub.close(0)
  const socket = new Socket()
  hub.accept(socket as unknown as WebSocket, 'n-1', PEER)
  expect(socket.isTerminated).toBe(true)
  expect(hub.open()).toEqual([])
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
  const ports = {
    store,
    now,
    log: () => undefined,
    refused: () => undefined,
    meter: NO_METER,
    peers: ALONE,
  } as unknown as ConstructorParameters<typeof Hub>[0]
  const hub = new Hub(ports, () => 60_000)
  const socket = new Socket()
  hub.accept(socket as unknown as WebSocket, 'n-1', PEER)
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

it('facts that did not change are stored at most every 10 s', async () => {
  const stored: number[] = []
  let ms = 0
  const store = { clustersOf: async () => new Map(stored.push(ms) ? [] : []), node: async () => undefined }
  const ports = {
    store,
    now: () => new Date(ms),
    refused: () => undefined,
    meter: NO_METER,
    log: () => undefined,
    peers: ALONE,
  }
  const hub = new Hub(ports as unknown as ConstructorParameters<typeof Hub>[0], () => 60_000)
  const socket = new Socket()
  hub.accept(socket as unknown as WebSocket, 'n-1', PEER)
  const send = async (body: Facts) => {
    const frame = { v: 1, t: 'facts', id: 'a', seq: 0, ack: 0, body }
    socket.emit('message', Buffer.from(JSON.stringify(frame)), false)
    await sleep(25)
  }
  socket.hello()
  await sleep(25)
  for (ms of [1_000, 4_000, 7_000, 10_900, 11_000, 15_000]) await send(facts)
  ms = 16_000
  await send({ ...facts, hostname: 'other' })
  expect(stored).toEqual([0, 1_000, 11_000, 16_000])
  socket.emit('close', 1006)
})

it('ends the session of a node that floods it with control frames, and logs it', () => {
  const refused: string[] = []
  const ports = {
    store: {},
    log: () => undefined,
    now: () => new Date(0),
    refused: (_: string, line: string) => refused.push(line),
    meter: NO_METER,
    peers: ALONE,
  }
  const hub = new Hub(ports as unknown as ConstructorParameters<typeof Hub>[0], () => 60_000)
  const socket = new Socket()
  hub.accept(socket as unknown as WebSocket, 'n-1', PEER)
  for (let sent = 0; sent < 1_500; sent++) socket.emit('pong', Buffer.alloc(0))
  expect([socket.isPaused, socket.isTerminated]).toEqual([true, false])
  for (let sent = 0; sent < 500; sent++) socket.emit('pong', Buffer.alloc(0))
  expect([socket.isTerminated, refused[0]]).toEqual([
    true,
    'node n-1 sent far more than the limits permit: disconnected',
  ])
})
