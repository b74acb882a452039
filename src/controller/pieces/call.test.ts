import { expect, test } from 'vitest'
import { node } from '../../../test/support/controller/member.ts'
import { seededRandom } from '../../../test/support/random.ts'
import type { Facts } from '../../protocol/wire/facts.ts'
import type { Node } from '../domain/records.ts'
import { NOBODY } from '../live/presence.ts'
import type { Store } from '../store/port.ts'
import { openCalls } from './call.ts'

const BUNDLE = 'a'.repeat(64)
const facts = (arch: Facts['os']['arch']) => ({ os: { arch } }) as Facts
const ready = (id: string, more: Partial<Node> = {}) => node({ id, state: 'READY', facts: facts('x64'), ...more })

/** Calls in a cluster of these nodes; those of earlier builds do not know the message. */
function open(nodes: Node[], earlier: readonly string[] = []) {
  const sent: string[] = []
  let reads = 0
  const nodesOf = async () => {
    reads += 1
    return nodes
  }
  const store = { nodesOf } as unknown as Store
  const presence = {
    ...NOBODY,
    capabilitiesOf: (id: string) => (earlier.includes(id) ? ['frame/images'] : ['frame/images', 'frame/pieces']),
    send(id: string, t: string, body: object) {
      expect([t, body]).toEqual(['pieces', { bundle: BUNDLE }])
      sent.push(id)
      return true
    },
  }
  const calls = openCalls({ store, presence }, seededRandom(1))
  return { calls, sent, reads: () => reads }
}
const none = () => false
const asker = node({ id: 'n-asker', facts: facts('x64') })

test('calls ready nodes with the same architecture that know the message and are not there yet', async () => {
  const nodes = [
    ...[asker, ready('n-one'), ready('n-two'), ready('n-earlier'), ready('n-there')],
    ...[ready('n-arm', { facts: facts('arm64') }), node({ id: 'n-joining', facts: facts('x64') })],
  ]
  const { calls, sent } = open(nodes, ['n-earlier'])
  await calls.make(asker, BUNDLE, (id) => id === 'n-there', 0)
  expect(sent.sort()).toEqual(['n-one', 'n-two'])
})

test('eight at most hand on pieces, or were called less than twenty seconds ago', async () => {
  const nodes = Array.from({ length: 100 }, (_, at) => ready(`n-${at}`))
  const { calls, sent, reads } = open(nodes)
  for (let ms = 0; ms < 20_000; ms += 100) await calls.make(asker, BUNDLE, none, ms)
  expect([sent.length, new Set(sent).size, reads()]).toEqual([8, 8, 10])
  const three = sent.slice(0, 3)
  for (let ms = 20_000; ms < 40_000; ms += 100) await calls.make(asker, BUNDLE, (id) => three.includes(id), ms)
  expect(sent.length).toBe(8 + 5)
  expect(sent.slice(8).some((id) => three.includes(id))).toBe(false)
})

test('a node that became ready a moment ago is called at once', async () => {
  const nodes = [ready('n-one')]
  const { calls, sent } = open(nodes)
  await calls.make(asker, BUNDLE, none, 0)
  nodes.push(ready('n-two'))
  await calls.make(asker, BUNDLE, none, 2_000)
  expect(sent).toEqual(['n-one', 'n-two'])
  expect(calls.areAwaited(none, 2_001)).toBe(true)
})

test('those that were called are awaited for five seconds, or until they are there', async () => {
  const { calls } = open([ready('n-one'), ready('n-two')])
  expect(calls.areAwaited(none, 0)).toBe(false)
  await calls.make(asker, BUNDLE, none, 0)
  expect(calls.areAwaited(none, 4_999)).toBe(true)
  expect(calls.areAwaited((id) => id === 'n-one', 4_999)).toBe(true)
  expect(calls.areAwaited(() => true, 100)).toBe(false)
  expect(calls.areAwaited(none, 5_000)).toBe(false)
})

test('a node that came is awaited again, one that did not is not', async () => {
  const { calls } = open([ready('n-one'), ready('n-two')])
  await calls.make(asker, BUNDLE, none, 0)
  expect(calls.areAwaited((id) => id === 'n-one', 100)).toBe(true)
  await calls.make(asker, BUNDLE, none, 20_000)
  expect(calls.areAwaited(none, 20_001)).toBe(true)
  expect(calls.areAwaited((id) => id === 'n-one', 20_001)).toBe(false)
  await calls.make(asker, BUNDLE, (id) => id === 'n-one', 40_000)
  expect(calls.areAwaited(none, 40_001)).toBe(false)
})

test('a cluster without ready nodes waits for nobody', async () => {
  const { calls } = open([asker])
  await calls.make(asker, BUNDLE, none, 0)
  expect(calls.areAwaited(none, 1)).toBe(false)
})
