import { generateKeyPairSync, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import type { PairCheckOrder } from '../../protocol/wire/pair-check.ts'
import { judgeOrder, type OrderKnowledge } from './order-gate.ts'

const { privateKey, publicKey } = generateKeyPairSync('ed25519')
const other = generateKeyPairSync('ed25519')
const order: PairCheckOrder = {
  order: 'pair-check',
  check: 'p-abcdefghij',
  node: 'n-abcdefghij',
  expiresAt: '2026-01-01T01:00:00.000Z',
  closeAfterMs: 60_000,
  address: '10.0.0.1',
  listen: true,
  ports: ['6443/tcp', '8472/udp'],
  peers: [{ node: 'n-bbbbbbbbbb', address: '10.0.0.2' }],
  rounds: [[{ node: 'n-bbbbbbbbbb', address: '10.0.0.2', ports: ['10250/tcp'] }]],
}

function signed(content: unknown, key = privateKey) {
  const payload = JSON.stringify(content)
  return { payload, signature: sign(null, Buffer.from(payload), key).toString('base64') }
}

const knowing = (more: Partial<OrderKnowledge> = {}): OrderKnowledge => ({
  instructionKey: publicKey,
  nodeId: order.node,
  isBusy: false,
  now: new Date('2026-01-01T00:00:00Z'),
  taken: new Map(),
  ...more,
})

test('a signed order for this node is taken, once', () => {
  const knowledge = knowing()
  expect(judgeOrder(signed(order), knowledge)).toEqual({ kind: 'accepted', order })
  expect(judgeOrder(signed(order), knowledge)).toMatchObject({ error: { code: 'pair-check/replayed' } })
  // Once it has expired it need not be remembered any more.
  const later = { ...knowledge, now: new Date('2026-01-01T02:00:00Z') }
  const next = { ...order, check: 'p-bbbbbbbbbb', expiresAt: '2026-01-01T03:00:00.000Z' }
  expect(judgeOrder(signed(next), later).kind).toBe('accepted')
  expect([...knowledge.taken.keys()]).toEqual(['p-bbbbbbbbbb'])
})

const changed = { ...signed(order), payload: JSON.stringify({ ...order, address: '10.0.0.9' }) }
const instruction = {
  run: 'r-abcdefghij',
  node: order.node,
  generation: 1,
  expiresAt: order.expiresAt,
  role: 'reset',
  params: {},
}

test.each<[string, { payload: string; signature: string }, Partial<OrderKnowledge>, string]>([
  ['of another key', signed(order, other.privateKey), {}, 'unsigned'],
  ['changed on the way', changed, {}, 'unsigned'],
  ['for another node', signed({ ...order, node: 'n-cccccccccc' }), {}, 'foreign'],
  ['that has expired', signed(order), { now: new Date('2026-01-01T01:00:00Z') }, 'expired'],
  ['during a run', signed(order), { isBusy: true }, 'busy'],
  ['for a port outside of the set', signed({ ...order, ports: ['22/tcp'] }), {}, 'unsupported'],
  ['that would stay open', signed({ ...order, closeAfterMs: 600_000 }), {}, 'unsupported'],
  ['with a field more', signed({ ...order, command: 'id' }), {}, 'unsupported'],
  ['that is an instruction', signed(instruction), {}, 'unsupported'],
])('an order %s is refused', (_, body, knowledge, name) => {
  const known = knowing(knowledge)
  expect(judgeOrder(body, known)).toMatchObject({ kind: 'refused', error: { code: `pair-check/${name}` } })
  expect(known.taken.size).toBe(0)
})
