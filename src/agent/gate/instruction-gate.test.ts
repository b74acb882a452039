import { generateKeyPairSync, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { type GateKnowledge, judge, readInstructionKey } from './instruction-gate.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const now = new Date('2026-01-01T00:00:00Z')
const knowledge: GateKnowledge = {
  instructionKey: readInstructionKey(publicKey.export({ type: 'spki', format: 'der' }).toString('base64')),
  nodeId: 'n-abcdefghij',
  lastGeneration: 4,
  openRun: undefined,
  now,
}
const good = {
  run: 'r-abcdefghij',
  node: 'n-abcdefghij',
  generation: 5,
  expiresAt: '2026-01-01T01:00:00Z',
  role: 'reset',
  params: {},
}
const signed = (body: unknown, key = privateKey) => {
  const payload = JSON.stringify(body)
  return { payload, signature: sign(null, Buffer.from(payload), key).toString('base64') }
}

test('a good one is accepted', async () => {
  expect(await judge(signed(good), knowledge)).toEqual({ kind: 'accepted', instruction: good })
})

test.each([
  ['foreign', { node: 'n-bbbbbbbbbb' }, {}],
  ['stale', { generation: 4 }, {}],
  ['stale', { generation: 1 }, {}],
  ['expired', { expiresAt: '2026-01-01T00:00:00Z' }, {}],
  ['unsupported', { role: 'run-a-shell' }, {}],
  ['unsupported', { params: { command: 'id' } }, {}],
  ['unsupported', { surprise: 1 }, {}],
  ['busy', {}, { openRun: 'r-cccccccccc' }],
])('refused as %s: %j', async (name, change, known) => {
  expect(await judge(signed({ ...good, ...change }), { ...knowledge, ...known })).toMatchObject({
    kind: 'refused',
    run: 'r-abcdefghij',
    error: { code: `instruction/${name}` },
  })
})

const unsigned = { kind: 'refused', error: { code: 'instruction/unsigned' } }

test('another key, another payload, and no signature are all unsigned', async () => {
  const other = generateKeyPairSync('ed25519').privateKey
  expect(await judge(signed(good, other), knowledge)).toMatchObject(unsigned)
  const { signature } = signed(good)
  expect(await judge({ payload: JSON.stringify({ ...good, generation: 6 }), signature }, knowledge)).toMatchObject(
    unsigned,
  )
  expect(await judge({ payload: JSON.stringify(good), signature: '' }, knowledge)).toMatchObject(unsigned)
})

test('what is not signed is not even parsed', async () => {
  expect(await judge({ payload: '{"run', signature: 'AAAA' }, knowledge)).toEqual({
    kind: 'refused',
    error: expect.objectContaining({ code: 'instruction/unsigned' }),
  })
})
