import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { NO_METER } from '../monitoring/meter.ts'
import { isAnswering } from './rivals.ts'
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
