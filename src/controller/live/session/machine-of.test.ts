import { expect, it } from 'vitest'
import { machineOf } from './machine-of.ts'

const hello = { bootId: 'b', machineId: 'm', productUuid: 'u' }
const peer = { address: '10.0.0.1' }

it.each([
  ['boot', { ...hello, bootId: 'c' }, peer],
  ['machine-id', { ...hello, machineId: 'n' }, peer],
  ['product UUID', { ...hello, productUuid: 'v' }, peer],
  ['address', hello, { address: '10.0.0.2' }],
])('another %s is another machine', (_, other, from) => {
  expect(machineOf(other, from)).not.toBe(machineOf(hello, peer))
})

it('an agent that tells less is known by what it tells', () => {
  expect(machineOf({ bootId: 'b' }, peer)).toBe(machineOf({ bootId: 'b' }, peer))
  expect(machineOf(undefined, peer)).not.toBe(machineOf({ bootId: 'b' }, peer))
})
