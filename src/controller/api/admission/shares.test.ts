import { beforeEach, expect, it } from 'vitest'
import { type ManualClock, manualClock } from '../../../../test/support/manual-clock.ts'
import { BODY_BYTE_BURST, SHARES } from '../limits.ts'
import { openShares, type Shares } from './shares.ts'

const certificate = { serialNumber: '01' }
const renewed = { serialNumber: '02' }
const one = { kind: 'node', name: 'n-1', certificate, fingerprint: 'SHA256:1' } as const
const two = { kind: 'node', name: 'n-2', certificate, fingerprint: 'SHA256:2' } as const
const installer = { kind: 'enrol', name: 'c-1', certificate, fingerprint: 'SHA256:3' } as const
const administrator = {
  ...({ kind: 'user', name: 'ann', certificate } as const),
  principal: { kind: 'administrator', name: 'ann' },
} as const

let clock: ManualClock
let shares: Shares
beforeEach(() => {
  clock = manualClock()
  shares = openShares(clock.monotonicMs)
})

/** How many of so many calls are admitted, and the code of the last error. */
function admitted(count: number, call: () => unknown): [number, string | undefined] {
  let code: string | undefined
  let done = 0
  for (let each = 0; each < count; each++) {
    try {
      call()
      done++
    } catch (error) {
      code = (error as { code: string }).code
    }
  }
  return [done, code]
}

it('limits the requests of an identity, and no other', () => {
  const { requestBurst, requestsPerSecond } = SHARES.node
  expect(admitted(1_000, () => shares.request(one, 0))).toEqual([requestBurst, 'limit/requests'])
  expect(admitted(1, () => shares.request(two, 0))).toEqual([1, undefined])
  clock.advance(1_000)
  expect(admitted(1_000, () => shares.request(one, 0))).toEqual([requestsPerSecond, 'limit/requests'])
})

it('limits the bytes of the bodies', () => {
  expect(admitted(5, () => shares.request(one, BODY_BYTE_BURST / 2))).toEqual([2, 'limit/bytes'])
  expect(admitted(1, () => shares.request(one, 0))).toEqual([1, undefined])
})

it('limits connections, until one is closed', () => {
  const closed = shares.connection(one)
  expect(admitted(100, () => shares.connection(one))).toEqual([SHARES.node.connections - 1, 'limit/connections'])
  closed()
  closed()
  expect(admitted(2, () => shares.connection(one))).toEqual([1, 'limit/connections'])
})

it('limits waiting requests; the machines that share an installer have their own', () => {
  const { waiting } = SHARES.enrol
  expect(admitted(9, () => shares.wait(installer, 'SHA256:a'))).toEqual([waiting, 'limit/waiting'])
  expect(admitted(9, () => shares.wait(installer, 'SHA256:b'))).toEqual([waiting, 'limit/waiting'])
  expect(admitted(9, () => shares.wait(one))).toEqual([SHARES.node.waiting, 'limit/waiting'])
})

it('counts each certificate of an installer or administrator: a revoked one takes nothing from the next', () => {
  for (const old of [installer, administrator]) {
    const { requestBurst, connections, waiting } = SHARES[old.kind]
    const next = { ...old, certificate: renewed }
    expect(admitted(3_000, () => shares.request(old, 0))).toEqual([requestBurst, 'limit/requests'])
    expect(admitted(3_000, () => shares.connection(old))).toEqual([connections, 'limit/connections'])
    expect(admitted(100, () => shares.wait(old, 'SHA256:a'))).toEqual([waiting, 'limit/waiting'])
    expect(admitted(1, () => shares.request(next, 0))).toEqual([1, undefined])
    expect(admitted(1, () => shares.connection(next))).toEqual([1, undefined])
    expect(admitted(1, () => shares.wait(next, 'SHA256:a'))).toEqual([1, undefined])
  }
})

it('counts the keys of a node: a retired one takes nothing from the present one', () => {
  const { requestBurst, connections, waiting } = SHARES.node
  const present = { ...one, fingerprint: 'SHA256:4' }
  expect(admitted(3_000, () => shares.request(one, 0))).toEqual([requestBurst, 'limit/requests'])
  expect(admitted(3_000, () => shares.connection(one))).toEqual([connections, 'limit/connections'])
  expect(admitted(100, () => shares.wait(one))).toEqual([waiting, 'limit/waiting'])
  expect(admitted(1, () => shares.request({ ...one, certificate: renewed }, 0))).toEqual([0, 'limit/requests'])
  expect(admitted(3_000, () => shares.request(present, 0))).toEqual([requestBurst, 'limit/requests'])
  expect(admitted(3_000, () => shares.connection(present))).toEqual([connections, 'limit/connections'])
  expect(admitted(100, () => shares.wait(present))).toEqual([waiting, 'limit/waiting'])
})

it('limits a node that renews its key again and again', () => {
  const keys = Array.from({ length: 6 }, (_, at) => ({ ...one, fingerprint: `SHA256:${at}` }))
  const total = (call: (client: typeof one) => unknown) =>
    keys.reduce((sum, key) => sum + admitted(SHARES.node.requestBurst + 1, () => call(key as typeof one))[0], 0)
  expect(total((client) => shares.request(client, 0))).toBe(4 * SHARES.node.requestBurst)
  expect(total((client) => shares.connection(client))).toBe(4 * SHARES.node.connections)
})

it('limits a person who creates many tokens, and no other', () => {
  const token = (name: string, creator = 'ann') =>
    ({ kind: 'user', name: `token ${name}`, principal: { kind: 'token', name }, creator }) as const
  const tokens = Array.from({ length: 6 }, (_, at) => token(`t-${at}`))
  const total = (call: (client: (typeof tokens)[number]) => unknown) =>
    tokens.reduce((sum, each) => sum + admitted(SHARES.user.requestBurst + 1, () => call(each))[0], 0)
  expect(total((client) => shares.request(client, 0))).toBe(4 * SHARES.user.requestBurst)
  expect(total((client) => shares.connection(client))).toBe(4 * SHARES.user.connections)
  expect(total((client) => shares.wait(client))).toBe(4 * SHARES.user.waiting)
  expect(admitted(1, () => shares.request(token('other', 'bob'), 0))).toEqual([1, undefined])
  expect(admitted(1, () => shares.connection(administrator))).toEqual([1, undefined])
})
