import { expect, test } from 'vitest'
import { memoryLog } from '../../test/support/memory-log.ts'
import { openLedger } from './ledger.ts'

test('queued records share a sync; a note waits for the next one', async () => {
  const log = memoryLog()
  const ledger = await openLedger(log)
  ledger.note({ kind: 'started', run: 'r', step: 's' })
  await Promise.all(Array.from({ length: 20 }, (_, i) => ledger.append({ kind: 'done', run: 'r', step: `${i}` })))
  expect(log.syncs).toBeLessThanOrEqual(2)
  const again = await openLedger(log)
  expect(again.entries()).toEqual(ledger.entries())
  expect(again.entries()).toHaveLength(21)
})

test('an error is permanent: nothing is appended after it', async () => {
  const log = memoryLog()
  let broken = false
  const append = log.append
  log.append = async (bytes, sync) => {
    if (broken) throw new Error('EIO')
    await append(bytes, sync)
  }
  const ledger = await openLedger(log)
  await ledger.append({ kind: 'done', run: 'r', step: 'a' })
  broken = true
  await expect(ledger.append({ kind: 'done', run: 'r', step: 'b' })).rejects.toThrow('EIO')
})

test('a line is a checksum, a space and JSON', async () => {
  const log = memoryLog()
  await (await openLedger(log)).append({ kind: 'done', run: 'r', step: 'ä' })
  expect(log.bytes.toString()).toBe('141857fe {"kind":"done","run":"r","step":"ä","seq":1}\n')
})
