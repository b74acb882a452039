import { generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { waitFor } from '../../../test/support/wait-for.ts'
import { type Operation, type OperationAnswer, serializeOperation } from '../../protocol/wire/operation.ts'
import { operationTaker } from './operations.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const now = () => new Date('2026-06-01T12:00:00Z')
const knowledge = { instructionKeys: () => [publicKey], nodeId: 'n-aaaaaaaaaa', now }
const OPERATION: Operation = {
  id: 'e-aaaaaaaaaa',
  node: 'n-aaaaaaaaaa',
  expiresAt: '2026-06-01T12:00:30.000Z',
  operation: 'retire',
  target: { name: 'w1', address: '10.0.0.9', role: 'worker' },
}
const signed = (content: object, key = privateKey) => {
  const payload = serializeOperation(content as Operation)
  return { payload, signature: sign(null, Buffer.from(payload), key).toString('base64') }
}

const freeLedger = async () => undefined

/** Records that it began, takes some time, and ends as done. */
const WORK = (log: string) => `
  const { id } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'))
  require('node:fs').appendFileSync(${JSON.stringify(log)}, id + '\\n')
  setTimeout(() => process.stdout.write(JSON.stringify({ id, outcome: 'done' })), 500)`

test('a repeated request during the operation is carried out once, and answered each time', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'operations-'))
  const log = join(directory, 'begun')
  const answers: OperationAnswer[] = []
  const self = [process.execPath, '-e', WORK(log)] as const
  const answer = (given: OperationAnswer) => void answers.push(given)
  const take = operationTaker({ self, instance: undefined, ...knowledge, log: () => undefined, freeLedger, answer })
  const other = { ...OPERATION, id: 'e-cccccccccc', target: { ...OPERATION.target, name: 'w2' } }
  await Promise.all(
    [OPERATION, { ...OPERATION, id: 'e-bbbbbbbbbb' }, other].map((operation) => take(signed(operation))),
  )
  expect(answers.map(({ id }) => id).sort()).toEqual(['e-aaaaaaaaaa', 'e-bbbbbbbbbb', 'e-cccccccccc'])
  expect(readFileSync(log, 'utf8').trim().split('\n').sort()).toEqual(['e-aaaaaaaaaa', 'e-cccccccccc'])
  rmSync(directory, { recursive: true })
})

test('an update of the agent begins when nothing else holds the ledger', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'operations-'))
  const log = join(directory, 'begun')
  const free = Promise.withResolvers<void>()
  const self = [process.execPath, '-e', WORK(log)] as const
  const answers: OperationAnswer[] = []
  const take = operationTaker({
    ...{ self, instance: undefined, ...knowledge, log: () => undefined },
    freeLedger: () => free.promise,
    answer: (given) => void answers.push(given),
  })
  const { target: _, ...order } = OPERATION as Extract<Operation, { operation: 'retire' }>
  const update = { ...order, operation: 'update-agent', version: '2.0.0', sha256: '0'.repeat(64), size: 1, attempt: 1 }
  const other = { ...OPERATION, id: 'e-bbbbbbbbbb' }
  const both = Promise.all([take(signed(update)), take(signed(other))])
  await waitFor('the other operation', () => answers.length > 0 || undefined)
  expect(readFileSync(log, 'utf8').trim()).toBe(other.id)
  free.resolve()
  await both
  expect(readFileSync(log, 'utf8').trim().split('\n')).toEqual([other.id, update.id])
  rmSync(directory, { recursive: true })
})

test('a refused operation is logged and not answered', async () => {
  const output: string[] = []
  const answer = () => void output.push('answered')
  const log = (_: string, message: string) => void output.push(message)
  const take = operationTaker({ self: ['/bin/false'], instance: undefined, ...knowledge, log, freeLedger, answer })
  await take(signed({ ...OPERATION, node: 'n-bbbbbbbbbb' }))
  expect(output).toEqual([
    'refused: received an operation for n-bbbbbbbbbb; this node is n-aaaaaaaaaa (operation/foreign)',
  ])
})
