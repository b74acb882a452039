import { generateKeyPairSync, sign } from 'node:crypto'
import { expect, test } from 'vitest'
import { judgeErrand } from './errands.ts'

const { publicKey: instructionKey, privateKey } = generateKeyPairSync('ed25519')
const now = () => new Date('2026-06-01T12:00:00Z')
const knowledge = { instructionKey, nodeId: 'n-aaaaaaaaaa', now }
const ERRAND = {
  id: 'e-aaaaaaaaaa',
  node: 'n-aaaaaaaaaa',
  expiresAt: '2026-06-01T12:00:30.000Z',
  errand: 'retire',
  guest: { name: 'w1', address: '10.0.0.9', role: 'worker' },
}
const signed = (content: object, key = privateKey) => {
  const payload = JSON.stringify(content)
  return { payload, signature: sign(null, Buffer.from(payload), key).toString('base64') }
}

test('one that the controller signed for this node, in time', async () => {
  expect(await judgeErrand(signed(ERRAND), knowledge)).toEqual(ERRAND)
})

test.each([
  ['signed by somebody else', signed(ERRAND, generateKeyPairSync('ed25519').privateKey), /did not sign/],
  [
    'changed after it was signed',
    { ...signed(ERRAND), payload: JSON.stringify({ ...ERRAND, id: 'e-bbbbbbbbbb' }) },
    /did not sign/,
  ],
  ['for another node', signed({ ...ERRAND, node: 'n-bbbbbbbbbb' }), /it is for n-bbbbbbbbbb/],
  ['too old', signed({ ...ERRAND, expiresAt: '2026-06-01T12:00:00.000Z' }), /expired/],
  ['of a kind that is not known', signed({ ...ERRAND, errand: 'run', command: 'rm' }), /does not know/],
  ['an instruction', signed({ ...ERRAND, role: 'reset', params: {} }), /does not know/],
])('refused: %s', async (_, message, found) => {
  expect(await judgeErrand(message, knowledge)).toMatch(found)
})
