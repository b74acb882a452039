import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { NO_METER } from '../monitoring/meter.ts'
import { NOT_JOINED } from '../peers/peers.ts'
import { isAnswering, Rivals } from './rivals.ts'
import { Session } from './session/session.ts'

function sessionOn(readyState: number, answer: (socket: EventEmitter, token: string) => void) {
  const pings: string[] = []
  const socket = Object.assign(new EventEmitter(), {
    ...{ OPEN: WebSocket.OPEN, readyState },
    ping(token: string) {
      pings.push(token)
      answer(socket, token)
    },
  })
  const session = new Session(
    'n-1',
    socket as unknown as WebSocket,
    { address: '10.0.0.1', fingerprint: 'k', expiresAt: new Date(8e15) },
    30_000,
    { now: () => new Date(0), refused: () => undefined, meter: NO_METER },
  )
  return { session, pings, socket }
}
const pong = (socket: EventEmitter, token: string) => void socket.emit('pong', Buffer.from(token))

test.each([
  ['closing', WebSocket.CLOSING],
  ['closed', WebSocket.CLOSED],
])('on a socket that is %s nobody answers, and nobody is asked', async (_, readyState) => {
  const { session, pings } = sessionOn(readyState, pong)
  expect(await isAnswering(session)).toBe(false)
  expect(pings).toEqual([])
})

test.each<[string, Parameters<typeof sessionOn>[1], boolean]>([
  ['the pong to this ping', pong, true],
  ['the close', (socket) => void socket.emit('close'), false],
  [
    'a pong to a heartbeat, then the close',
    (socket) => {
      pong(socket, '')
      socket.emit('close')
    },
    false,
  ],
])('on one that is open %s decides', async (_, answer, answers) => {
  const { session, pings, socket } = sessionOn(WebSocket.OPEN, answer)
  expect(await isAnswering(session)).toBe(answers)
  expect(pings).toHaveLength(1)
  expect(socket.eventNames()).toEqual([])
})

const MINUTE_MS = 60_000

/** A conflict at minute 0 of these two machines, told by another controller. `tries`: whether a machine is admitted at this minute. */
function conflictOf(...machines: string[]) {
  let minute = 0
  const peers = { ...NOT_JOINED, meet: async () => undefined }
  const rivals = new Rivals({ now: () => new Date(minute * MINUTE_MS), peers } as never, {
    sessionOf: () => undefined,
    refuse: () => undefined,
  })
  rivals.note('n-1', machines)
  return {
    rivals,
    tries(at: number, machine: string): Promise<boolean> {
      minute = at
      const { session } = sessionOn(WebSocket.OPEN, pong)
      session.machine = machine
      return rivals.admit(session)
    },
  }
}

test('a machine that connects from two addresses is one machine, and is admitted when the other one has gone', async () => {
  const { tries } = conflictOf('b m u 10.0.0.1', 'c m u 10.0.0.2')
  expect(await tries(15, 'b m u 10.0.0.9')).toBe(false)
  expect(await tries(21, 'b m u 10.0.0.1')).toBe(true)
})

test.each([
  ['that agree in everything else', 'b m u'],
  ['of which only the boot is known', 'b  '],
])('machines %s are told apart by their addresses', async (_, ids) => {
  const { tries } = conflictOf(`${ids} 10.0.0.1`, `${ids} 10.0.0.2`)
  expect(await tries(15, `${ids} 10.0.0.1`)).toBe(false)
  expect(await tries(21, `${ids} 10.0.0.2`)).toBe(false)
  expect(await tries(40, `${ids} 10.0.0.2`)).toBe(true)
})

test('of many machines the latest are remembered, and none is admitted', async () => {
  const many = Array.from({ length: 40 }, (_, at) => `b${at} m u 10.0.0.1`)
  const { rivals, tries } = conflictOf(...many)
  expect([...rivals.note('n-1', []).tries.keys()]).toEqual(many.slice(-16).map((each) => each.slice(0, -9)))
  expect(await tries(1, many[0] ?? '')).toBe(false)
})
