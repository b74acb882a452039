import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { ErrandAnswer } from '../../protocol/wire/operation.ts'
import { errandTaker, judgeErrand } from './errands.ts'

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

/** Writes down that it began, takes its time, and ends as done. */
const WORK = (log: string) => `
  const { id } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'))
  require('node:fs').appendFileSync(${JSON.stringify(log)}, id + '\\n')
  setTimeout(() => process.stdout.write(JSON.stringify({ id, outcome: 'done' })), 500)`

test('what is asked for again while it goes on is done once, and answered each time', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'errands-'))
  const log = join(directory, 'begun')
  const answers: ErrandAnswer[] = []
  const self = [process.execPath, '-e', WORK(log)] as const
  const answer = (given: ErrandAnswer) => void answers.push(given)
  const take = errandTaker({ self, ...knowledge, log: () => undefined, answer })
  const other = { ...ERRAND, id: 'e-cccccccccc', guest: { ...ERRAND.guest, name: 'w2' } }
  await Promise.all([ERRAND, { ...ERRAND, id: 'e-bbbbbbbbbb' }, other].map((errand) => take(signed(errand))))
  expect(answers.map(({ id }) => id).sort()).toEqual(['e-aaaaaaaaaa', 'e-bbbbbbbbbb', 'e-cccccccccc'])
  expect(readFileSync(log, 'utf8').trim().split('\n').sort()).toEqual(['e-aaaaaaaaaa', 'e-cccccccccc'])
  rmSync(directory, { recursive: true })
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
