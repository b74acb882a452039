import { EventEmitter } from 'node:events'
import { beforeEach, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../../../../test/support/manual-clock.ts'
import { ANONYMOUS, ANONYMOUS_MS, SHARES } from '../limits.ts'
import { type AnonymousConnections, openAnonymous } from './anonymous.ts'

class Connection extends EventEmitter {
  destroyed = false
  readonly remoteAddress: string
  constructor(address: string) {
    super()
    this.remoteAddress = address
  }
  destroy() {
    if (this.destroyed) return
    this.destroyed = true
    this.emit('close')
  }
}

let clock: ManualClock
let refused: string[]
let anonymous: AnonymousConnections<Connection>
beforeEach(() => {
  refused = []
  clock = manualClock()
  anonymous = openAnonymous(clock.monotonicMs, (address) => refused.push(address))
})
const enter = (address: string) => {
  const connection = new Connection(address)
  anonymous.enter(connection)
  return connection
}
const open = (all: readonly Connection[]) => all.filter(({ destroyed }) => !destroyed).length
const { connections } = SHARES.anonymous

it('limits those of one address, and those that have authenticated do not count', () => {
  const all = Array.from({ length: connections + 5 }, () => enter('10.0.0.1'))
  expect([open(all), refused.length]).toEqual([connections, 5])
  expect(anonymous.authenticated(all[0] as Connection)).toBe(true)
  expect(anonymous.authenticated(all[0] as Connection)).toBe(false)
  all[1]?.destroy()
  expect(open([enter('10.0.0.1'), enter('10.0.0.1'), enter('10.0.0.1')])).toBe(2)
})

it('idle connections of an address lose their places to new ones, the oldest first', () => {
  const idle = Array.from({ length: connections }, () => enter('10.0.0.1'))
  clock.advance(ANONYMOUS_MS)
  const agents = Array.from({ length: 3 }, () => enter('10.0.0.1'))
  expect([open(agents), idle.map(({ destroyed }) => destroyed).lastIndexOf(true)]).toEqual([3, 2])
  expect([open(idle), refused]).toEqual([connections - 3, Array(3).fill('10.0.0.1')])
})

it('a flood from an address ends no connection that is still authenticating', () => {
  const agent = enter('10.0.0.1')
  for (let each = 0; each < 10 * connections; each++) {
    enter('10.0.0.1')
    clock.advance((ANONYMOUS_MS - 1) / (10 * connections))
  }
  expect(agent.destroyed).toBe(false)
})

it('when all together are too many, the address with the most loses one, and a new client gets in', () => {
  const crowd = Array.from({ length: ANONYMOUS }, (_, at) => enter(`10.0.0.${at % 20}`))
  expect(open(crowd)).toBe(ANONYMOUS)
  const [one, two] = [enter('192.0.2.1'), enter('192.0.2.2')]
  expect([one.destroyed, two.destroyed]).toEqual([false, false])
  expect(open(crowd)).toBe(ANONYMOUS - 2)
})
