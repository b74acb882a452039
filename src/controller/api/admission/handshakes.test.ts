import { EventEmitter } from 'node:events'
import { beforeEach, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../../../../test/support/manual-clock.ts'
import {
  ENDED_BURST,
  HANDSHAKE_BURST,
  HANDSHAKES_PER_SECOND,
  PENDING,
  PENDING_PER_ADDRESS,
  SLOWED_HANDSHAKES_PER_SECOND,
  SLOWED_MS,
} from '../limits.ts'
import { type Handshakes, openHandshakes, sourceOf } from './handshakes.ts'

class Connection extends EventEmitter {
  readonly remoteAddress: string
  readonly remotePort: number
  destroyed = false
  constructor(address: string, port: number) {
    super()
    this.remoteAddress = address
    this.remotePort = port
  }
  destroy() {
    this.destroyed = true
    this.emit('close')
  }
}

let clock: ManualClock
let begun: Connection[]
let refused: string[]
let handshakes: Handshakes<Connection>
let port = 0
beforeEach(() => {
  clock = manualClock()
  begun = []
  refused = []
  port = 0
  handshakes = openHandshakes<Connection>({
    monotonicMs: clock.monotonicMs,
    later: clock.later,
    begin: (connection) => begun.push(connection),
    onRefused: (address) => refused.push(address),
  })
})

function enter(count: number, address: string): Connection[] {
  const connections = Array.from({ length: count }, () => new Connection(address, ++port))
  for (const connection of connections) handshakes.enter(connection)
  return connections
}
const begunFrom = (address: string) => begun.filter(({ remoteAddress }) => remoteAddress === address).length

it('begins a burst of handshakes, then 200 a second', () => {
  enter(450, '10.0.0.1')
  expect(begun.length).toBe(HANDSHAKE_BURST)
  clock.advance(500)
  expect(begun.length).toBe(HANDSHAKE_BURST + HANDSHAKES_PER_SECOND / 2)
  clock.advance(10_000)
  expect([begun.length, refused]).toEqual([450, []])
})

it('an address with a long line delays another one by one turn', () => {
  enter(450, '10.0.0.1')
  enter(1, '10.0.0.2')
  expect(begunFrom('10.0.0.2')).toBe(0)
  clock.advance(10)
  expect(begunFrom('10.0.0.2')).toBe(1)
})

it('refuses what an address has in addition, until its connections are verified or closed', () => {
  const all = enter(PENDING_PER_ADDRESS + 100, '10.0.0.1')
  expect([refused.length, all.filter(({ destroyed }) => destroyed).length]).toEqual([100, 100])
  const [first, second] = all
  if (first) handshakes.verified(first)
  second?.destroy()
  enter(3, '10.0.0.1')
  expect(refused.length).toBe(101)
  enter(1, '10.0.0.2')
  expect(refused.length).toBe(101)
})

it('refuses what all addresses have in addition, if each has few', () => {
  for (let at = 0; at < PENDING; at++) enter(1, `10.0.${Math.floor(at / 250)}.${at % 250}`)
  expect(refused).toEqual([])
  enter(1, '10.9.0.1')
  expect(refused).toEqual(['10.9.0.1'])
})

it('addresses that take all there is lose it to those that have little', () => {
  const floods = Array.from({ length: PENDING / PENDING_PER_ADDRESS }, (_, at) => `10.0.0.${at}`)
  const theirs = floods.flatMap((address) => enter(PENDING_PER_ADDRESS, address))
  const [healthy] = enter(1, '10.0.1.1')
  expect([healthy?.destroyed, theirs.filter(({ destroyed }) => destroyed).length]).toEqual([false, 1])
  expect(floods).toContain(refused[0])
  clock.advance(100)
  expect(begunFrom('10.0.1.1')).toBe(1)
  // A ninth flood gets no more than any of the others.
  enter(PENDING_PER_ADDRESS, '10.0.1.2')
  const left = enter(1, '10.0.1.3')
  expect(left[0]?.destroyed).toBe(false)
  expect(refused.filter((address) => address === '10.0.1.2').length).toBeGreaterThan(40)
})

it('addresses of one network with the same port count each, and leave their place each', () => {
  for (let at = 0; at < PENDING; at++) {
    const both = ['2001:db8::1', '2001:db8::2'].map((address) => new Connection(address, 1_000))
    for (const connection of both) handshakes.enter(connection)
    for (const connection of both) connection.destroy()
  }
  expect(refused).toEqual([])
  const healthy = Array.from({ length: 2 }, (_, at) => enter(1, `10.0.0.${at}`)[0])
  expect(healthy.map((each) => each?.destroyed)).toEqual([false, false])
})

it('a verified connection leaves those of its network with the same port where they are', () => {
  const [own, other] = ['2001:db8::1', '2001:db8::2'].map((address) => new Connection(address, 1_000))
  for (const connection of [own, other]) handshakes.enter(connection as Connection)
  handshakes.verified(own as Connection)
  enter(PENDING_PER_ADDRESS, '2001:db8::3')
  expect(refused.length).toBe(1)
})

it('connections that their clients close while they wait take no turns', () => {
  enter(HANDSHAKE_BURST, '10.0.0.1')
  for (const connection of enter(200, '10.0.0.1')) connection.destroy()
  enter(1, '10.0.0.1')
  clock.advance(10)
  expect(begun.length).toBe(HANDSHAKE_BURST + 1)
})

it.each([
  ['10.0.0.1', '10.0.0.1'],
  ['::ffff:10.0.0.1', '10.0.0.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::7', '2001:db8:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
])('%s belongs to the source %s', (address, source) => {
  expect(sourceOf(address)).toBe(source)
})

it('an address that does not heed limits is slowed down, and nobody else', () => {
  const [first] = enter(1, '10.0.0.1')
  for (let each = 0; each <= ENDED_BURST; each++) handshakes.ended(first as Connection)
  enter(100, '10.0.0.1')
  enter(100, '10.0.0.2')
  clock.advance(1_000)
  expect(begunFrom('10.0.0.2')).toBe(100)
  expect(begunFrom('10.0.0.1')).toBeLessThan(2 + 1.1 * SLOWED_HANDSHAKES_PER_SECOND)
  clock.advance(SLOWED_MS)
  expect(begunFrom('10.0.0.1')).toBe(101)
})
