/**
 * The ledger of a real history (test/faults/model) on a disk that changes, loses or moves bytes. Only records that were
 * written are accepted, every loss is reported, and no undo is invented.
 */
import { beforeAll, expect, test } from 'vitest'
import { openLedger } from '../../src/ledger/ledger.ts'
import { decodeRecords } from '../../src/ledger/record-format.ts'
import { replay } from '../../src/ledger/replay.ts'
import { isFull, keepResult, seed } from '../run/campaign.ts'
import { memoryLog } from '../support/memory-log.ts'
import { seededRandom } from '../support/random.ts'
import { History } from './model/histories.ts'

const CASES = isFull ? 10_000 : 600

type Damage = (bytes: Buffer, random: () => number) => Buffer

const somewhere = (bytes: Buffer, random: () => number) => Math.floor(random() * bytes.length)
const lines = (bytes: Buffer) => bytes.toString().trimEnd().split('\n')
const joined = (all: string[]) => Buffer.from(`${all.join('\n')}\n`)

const damages: Record<string, Damage> = {
  'a bit flipped'(bytes, random) {
    const at = somewhere(bytes, random)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8))
    return bytes
  },
  'some bytes of noise'(bytes, random) {
    const at = somewhere(bytes, random)
    const noise = Buffer.from(Array.from({ length: 1 + Math.floor(random() * 40) }, () => random() * 256))
    noise.copy(bytes, at)
    return bytes
  },
  'a block of zeros'(bytes, random) {
    const at = somewhere(bytes, random) & ~511
    return bytes.fill(0, at, Math.min(bytes.length, at + 512 * (1 + Math.floor(random() * 8))))
  },
  'the end cut off': (bytes, random) => bytes.subarray(0, Math.floor(random() * (bytes.length + 1))),
  'lines lost in the middle'(bytes, random) {
    const all = lines(bytes)
    return joined(all.toSpliced(Math.floor(random() * (all.length - 4)), 1 + Math.floor(random() * 3)))
  },
  'a line a second time'(bytes, random) {
    const all = lines(bytes)
    const [from, to] = [random(), random()].map((share) => Math.floor(share * all.length))
    return joined(all.toSpliced(to ?? 0, 0, all[from ?? 0] ?? ''))
  },
}

let whole: Buffer
beforeAll(async () => {
  const history = new History()
  await history.finish('install')
  await history.finish('provision')
  await history.crash('reset', { at: 500, powerCut: false })
  whole = history.world.ledgerBytes
})

/** Opens a damaged ledger. Returns what is wrong with the result. */
async function judge(name: string, bytes: Buffer): Promise<string[]> {
  const truth = new Set(lines(whole))
  const kept = memoryLog(bytes)
  const ledger = await openLedger(kept)
  const accepted = lines(kept.bytes).filter((line) => line !== '' && !line.includes('"kind":"damage"'))
  const wrong = accepted.filter((line) => !truth.has(line)).map((line) => `accepted: ${line.slice(0, 100)}`)

  const written = new Set(decodeRecords(whole).entries.map((entry) => JSON.stringify(entry)))
  const invented = replay(ledger.entries()).outstanding.filter((change) => !written.has(JSON.stringify(change)))
  wrong.push(...invented.map(({ what }) => `would undo what was not done: ${what}`))

  const isPrefix = whole.subarray(0, bytes.length).equals(bytes) && (bytes.length === 0 || bytes.at(-1) === 0x0a)
  const isLost = accepted.length < truth.size
  // A file that ends earlier with a complete record is a valid earlier ledger.
  if (isLost && !isPrefix && ledger.repairs.length === 0) wrong.push('lost records without a report')
  if (!isLost && !bytes.equals(whole) && ledger.repairs.length === 0 && name !== 'the end cut off') {
    wrong.push('damage without a report')
  }
  const again = await openLedger(kept)
  if (again.repairs.length > 0) wrong.push(`reported twice: ${again.repairs.join(', ')}`)
  return wrong
}

test(`${CASES} damaged ledgers (seed ${seed}): each is reported, and nothing wrong is accepted or undone`, {
  timeout: 900_000,
}, async () => {
  const startedMs = Date.now()
  const counts: Record<string, number> = { cases: 0 }
  const failed: string[] = []
  const kinds = Object.entries(damages)
  for (let index = 0; index < CASES; index++) {
    const [name, damage] = kinds[index % kinds.length] ?? ['none', (bytes: Buffer) => bytes]
    const bytes = damage(Buffer.from(whole), seededRandom(seed * 100_000 + index))
    const wrong = await judge(name, bytes)
    for (const key of ['cases', name]) counts[key] = (counts[key] ?? 0) + 1
    if (wrong.length > 0) failed.push(`case ${index} of seed ${seed}, ${name}: ${wrong.slice(0, 3).join('; ')}`)
  }
  keepResult('ledger-damage', { counts, failed }, startedMs)
  expect(failed.slice(0, 20)).toEqual([])
})

test('a truncated ledger continues with consecutive numbers', async () => {
  const random = seededRandom(seed)
  for (let i = 0; i < 50; i++) {
    const kept = memoryLog(whole.subarray(0, somewhere(whole, random)))
    const ledger = await openLedger(kept)
    await ledger.append({ kind: 'started', run: 'r', step: 'next' })
    const again = await openLedger(kept)
    expect(again.repairs).toEqual([])
    expect(again.entries().map(({ seq }) => seq)).toEqual(again.entries().map((_, index) => index + 1))
  }
})
