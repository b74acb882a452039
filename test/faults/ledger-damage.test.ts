import { expect, test } from 'vitest'
import { openLedger } from '../../src/ledger/ledger.ts'
import { memoryLog } from '../support/memory-log.ts'
import { seededRandom } from '../support/random.ts'

async function fill(): Promise<Buffer> {
  const kept = memoryLog()
  const ledger = await openLedger(kept)
  await ledger.append({ kind: 'run-begun', run: 'r', role: 'x', at: '2026-01-01T00:00:00.000Z' })
  for (let i = 0; i < 30; i++) {
    ledger.note({ kind: 'started', run: 'r', step: `step-${i}` })
    const undo = { kind: 'remove-path', path: `/etc/ünit-${i}` } as const
    await ledger.append({ kind: 'change', run: 'r', step: `step-${i}`, change: 'file', what: undo.path, undo })
    ledger.note({ kind: 'done', run: 'r', step: `step-${i}` })
  }
  await ledger.append({ kind: 'ended', run: 'r', outcome: 'done', at: '2026-01-01T00:00:00.000Z' })
  await ledger.close()
  return kept.bytes
}

test('1,000 flipped bits: each is reported, nothing wrong is believed, and a second opening is quiet', async () => {
  const whole = await fill()
  const truth = new Set(whole.toString().split('\n'))
  const random = seededRandom(7)
  for (let i = 0; i < 1_000; i++) {
    const bytes = Buffer.from(whole)
    const at = Math.floor(random() * bytes.length)
    bytes[at] = (bytes[at] ?? 0) ^ (1 << Math.floor(random() * 8))
    const kept = memoryLog(bytes)
    const ledger = await openLedger(kept)
    expect(ledger.repairs, `bit at byte ${at}`).not.toEqual([])
    expect(kept.damaged.length).toBeGreaterThan(0)
    const believed = kept.bytes
      .toString()
      .split('\n')
      .filter((line) => !line.includes('"kind":"damage"'))
    expect(believed.every((line) => truth.has(line))).toBe(true)
    expect(believed.length).toBeGreaterThanOrEqual(truth.size - 2)
    expect((await openLedger(kept)).repairs).toEqual([])
  }
})

test('1,000 truncations: the records before stay, a torn one is cut off and told', async () => {
  const whole = await fill()
  const random = seededRandom(8)
  for (let i = 0; i < 1_000; i++) {
    const bytes = whole.subarray(0, Math.floor(random() * (whole.length + 1)))
    const end = bytes.lastIndexOf(0x0a) + 1
    const kept = memoryLog(bytes)
    const ledger = await openLedger(kept)
    expect(kept.bytes.equals(bytes.subarray(0, end))).toBe(true)
    expect(ledger.repairs).toHaveLength(end === bytes.length ? 0 : 1)
    await ledger.append({ kind: 'started', run: 'r', step: 'next' })
    const again = await openLedger(kept)
    expect(again.repairs).toEqual([])
    expect(again.entries().map(({ seq }) => seq)).toEqual(again.entries().map((_, index) => index + 1))
  }
})

test('lines that were taken out of the middle, doubled or moved are told', async () => {
  const lines = (await fill()).toString().trimEnd().split('\n')
  const open = async (changed: string[]) =>
    (await openLedger(memoryLog(Buffer.from(`${changed.join('\n')}\n`)))).repairs
  expect(await open(lines)).toEqual([])
  expect(await open(lines.toSpliced(5, 2))).toEqual([expect.stringContaining('2 records')])
  expect(await open(lines.toSpliced(5, 0, lines[4] ?? ''))).toEqual([expect.stringContaining('damaged')])
  expect(await open(lines.toSpliced(5, 2, lines[6] ?? '', lines[5] ?? ''))).not.toEqual([])
})
