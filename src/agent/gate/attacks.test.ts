import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { DownFrame } from '../../protocol/wire/frames.ts'
import type { Instruction } from '../../protocol/wire/instruction.ts'
import { type Operation, serializeOperation } from '../../protocol/wire/operation.ts'
import type { PairCheckOrder } from '../../protocol/wire/pair-check.ts'
import { OPERATION_FRAME, OPERATION_KEYS } from '../../protocol/wire/released-names.ts'
import type { Signed } from '../../protocol/wire/signed.ts'
import { ORDER, objectionOf as objectionToOrder } from '../pair-check/order.ts'
import { INSTRUCTION, objectionOf as objectionToInstruction } from './instructions.ts'
import { openSigned } from './open-signed.ts'
import { OPERATION, refuseTaken } from './operations.ts'
import { rememberTaken } from './taken.ts'

const { publicKey, privateKey } = generateKeyPairSync('ed25519')
const nodeId = 'n-abcdefghij'
const NOW = new Date('2026-01-01T00:00:00Z')
const common = { node: nodeId, expiresAt: '2026-01-01T01:00:00.000Z' }
const place = { name: 'w1', address: '10.0.0.9' } as const

function signed(payload: string, key: KeyObject = privateKey): Signed {
  return { payload, signature: sign(null, Buffer.from(payload), key).toString('base64') }
}

/** A receiver of signed messages. */
interface Caller {
  name: string
  /** A valid message for it, as text. */
  good: string
  /** The frame of its message. */
  frame(signed: Signed): object
  /** Opens a new receiver, which returns `accepted` or the code of the refusal for each message. */
  open(isBusy?: boolean): (signed: Signed, now?: Date) => Promise<string>
  /** The code for a repeated message. */
  replayed: string
  /** The code while a run is in progress. */
  busy: string
}

const instruction: Instruction = { ...common, run: 'r-abcdefghij', generation: 5, role: 'reset', params: {} }
const operation: Operation = {
  ...common,
  id: 'e-abcdefghij',
  operation: 'retire',
  target: { ...place, role: 'worker' },
}
const order: PairCheckOrder = {
  ...common,
  order: 'pair-check',
  check: 'p-abcdefghij',
  closeAfterMs: 60_000,
  address: '10.0.0.1',
  listen: true,
  ports: ['6443/tcp', '8472/udp'],
  peers: [{ node: 'n-bbbbbbbbbb', address: '10.0.0.2' }],
  rounds: [[{ node: 'n-bbbbbbbbbb', address: '10.0.0.2', ports: ['10250/tcp'] }]],
}

const instructions: Caller = {
  name: 'instruction',
  good: JSON.stringify(instruction),
  frame: (body) => ({ t: 'instruct', body }),
  open(isBusy = false) {
    let lastGeneration = 4
    return async (message, now = NOW) => {
      const objection = objectionToInstruction(lastGeneration, isBusy ? 'r-cccccccccc' : undefined)
      const opened = await openSigned(INSTRUCTION, message, {
        instructionKeys: () => [publicKey],
        nodeId,
        now,
        objection,
      })
      if (opened.kind === 'refused') return opened.error.code
      lastGeneration = opened.body.generation
      return 'accepted'
    }
  },
  replayed: 'instruction/stale',
  busy: 'instruction/busy',
}
const operations: Caller = {
  name: 'operation',
  good: serializeOperation(operation),
  frame: (body) => ({ t: OPERATION_FRAME, body }),
  open() {
    const taken = rememberTaken()
    return async (message, now = NOW) => {
      const knowledge = { instructionKeys: () => [publicKey], nodeId, now, objection: refuseTaken(taken) }
      const opened = await openSigned(OPERATION, message, knowledge)
      if (opened.kind === 'refused') return opened.error.code
      taken.add(opened.body.id, opened.body.expiresAt, now)
      return 'accepted'
    }
  },
  replayed: 'operation/replayed',
  busy: 'accepted',
}
const orders: Caller = {
  name: 'pair-check',
  good: JSON.stringify(order),
  frame: (body) => ({ t: 'pair-check', body: { say: 'order', ...body } }),
  open(isBusy = false) {
    const taken = rememberTaken()
    return async (message, now = NOW) => {
      const knowledge = {
        instructionKeys: () => [publicKey],
        nodeId,
        now,
        objection: objectionToOrder(taken, () => isBusy),
      }
      const opened = await openSigned(ORDER, message, knowledge)
      if (opened.kind === 'refused') return opened.error.code
      taken.add(opened.body.check, opened.body.expiresAt, now)
      return 'accepted'
    }
  },
  replayed: 'pair-check/replayed',
  busy: 'pair-check/busy',
}
const CALLERS = [instructions, operations, orders]

const other = generateKeyPairSync('ed25519').privateKey
const rsa = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey
const changed = (good: string, change: object) => JSON.stringify({ ...JSON.parse(good), ...change })
const without = (good: string, key: string) => changed(good, { [key]: undefined })

/** With the name of the refusal. */
const ATTACKS: [attack: string, refusal: string, attack: (good: string) => Signed][] = [
  ['another key', 'unsigned', (good) => signed(good, other)],
  ['a key of another kind', 'unsigned', (good) => ({ ...signed(good), signature: rsaSignature(good) })],
  ['no signature', 'unsigned', (good) => ({ payload: good, signature: '' })],
  ['an invalid signature', 'unsigned', (good) => ({ payload: good, signature: '\0'.repeat(88) })],
  ['half a signature', 'unsigned', (good) => ({ payload: good, signature: signed(good).signature.slice(0, 44) })],
  ['the signature of another message', 'unsigned', (good) => ({ ...signed(good), payload: changed(good, { x: 1 }) })],
  ['a space after the signed message', 'unsigned', (good) => ({ ...signed(good), payload: `${good} ` })],
  ['a truncated message', 'unsigned', (good) => ({ ...signed(good), payload: good.slice(0, -10) })],
  ['no message', 'unsigned', (good) => ({ ...signed(good), payload: '' })],
  ['a truncated message, signed', 'unsupported', (good) => signed(good.slice(0, -10))],
  ['an empty message, signed', 'unsupported', () => signed('')],
  ['null', 'unsupported', () => signed('null')],
  ['a list', 'unsupported', (good) => signed(`[${good}]`)],
  ['a string', 'unsupported', (good) => signed(JSON.stringify(good))],
  ['deep nesting', 'unsupported', () => signed('['.repeat(100_000))],
  ['an additional key', 'unsupported', (good) => signed(changed(good, { command: 'id' }))],
  ['no node', 'unsupported', (good) => signed(without(good, 'node'))],
  ['no expiry', 'unsupported', (good) => signed(without(good, 'expiresAt'))],
  ['an invalid expiry', 'unsupported', (good) => signed(changed(good, { expiresAt: 'never' }))],
  ['another node', 'foreign', (good) => signed(changed(good, { node: 'n-bbbbbbbbbb' }))],
  ['expired', 'expired', (good) => signed(changed(good, { expiresAt: '2025-12-31T23:59:59.999Z' }))],
  ['expired just now', 'expired', (good) => signed(changed(good, { expiresAt: NOW.toISOString() }))],
  // The first failure is reported, in the same order for all.
  ['another node and expired', 'foreign', (good) => signed(changed(good, { node: 'n-bbbbbbbbbb', expiresAt: NOW }))],
]

function rsaSignature(payload: string): string {
  return sign('sha256', Buffer.from(payload), rsa).toString('base64')
}

describe.each(CALLERS)('$name', ({ name, good, open, frame, replayed, busy }) => {
  test('a valid message is accepted', async () => {
    expect(await open()(signed(good))).toBe('accepted')
  })

  test.each(ATTACKS)('%s: %s', async (_, refusal, attack) => {
    const take = open()
    expect(await take(attack(good))).toBe(`${name}/${refusal}`)
    // It leaves no state: the valid message is still accepted.
    expect(await take(signed(good))).toBe('accepted')
  })

  test.each(CALLERS.filter((caller) => caller.name !== name))('a message for $name', async (caller) => {
    expect(await open()(signed(caller.good))).toBe(`${name}/unsupported`)
  })

  test('a replay', async () => {
    const take = open()
    expect([await take(signed(good)), await take(signed(good))]).toEqual(['accepted', replayed])
  })

  test('a replay of a message that never expires', async () => {
    const take = open()
    const lasting = signed(changed(good, { expiresAt: '9999-01-01T00:00:00.000Z' }))
    expect(await take(lasting)).toBe('accepted')
    expect(await take(lasting, new Date('2036-01-01T00:00:00Z'))).toBe(replayed)
  })

  test('during a run', async () => {
    expect(await open(true)(signed(good))).toBe(busy)
  })

  test.each([
    ['a payload that is too large', { payload: 'x'.repeat(262_145), signature: '' }],
    ['a signature that is too large', { payload: good, signature: 'x'.repeat(101) }],
    ['a key more beside the signature', { ...signed(good), key: 'x' }],
    ['an object in place of the text', { payload: JSON.parse(good), signature: '' }],
  ])('%s is not a frame', (_, body) => {
    const envelope = { v: 1, id: 'c1', seq: 1, ack: 0 }
    expect(DownFrame.safeParse({ ...envelope, ...frame(signed(good)) }).success).toBe(true)
    expect(DownFrame.safeParse({ ...envelope, ...frame(body as Signed) }).success).toBe(false)
  })
})

test.each<[string, Caller, object, string]>([
  ['an older generation', instructions, { generation: 4 }, 'instruction/stale'],
  ['a much older generation', instructions, { generation: 1 }, 'instruction/stale'],
  ['an invalid generation', instructions, { generation: 0 }, 'instruction/unsupported'],
  // The controller also counts generations that the agent missed.
  ['a much newer generation', instructions, { generation: 9_000 }, 'accepted'],
  ['an unknown role', instructions, { role: 'run-a-shell' }, 'instruction/unsupported'],
  ['an additional parameter', instructions, { params: { command: 'id' } }, 'instruction/unsupported'],
  ['an unknown kind', operations, { [OPERATION_KEYS.operation]: 'run' }, 'operation/unsupported'],
  [
    'a target that is not a node',
    operations,
    { [OPERATION_KEYS.target]: { ...place, role: 'operator' } },
    'operation/unsupported',
  ],
  ['a port that is not allowed', orders, { ports: ['22/tcp'] }, 'pair-check/unsupported'],
  ['a port that would stay open too long', orders, { closeAfterMs: 600_000 }, 'pair-check/unsupported'],
  ['too many rounds', orders, { rounds: Array(17).fill([]) }, 'pair-check/unsupported'],
])('%s', async (_, caller, change, outcome) => {
  expect(await caller.open()(signed(changed(caller.good, change)))).toBe(outcome)
})
