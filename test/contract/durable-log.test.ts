import { mkdtemp, open as openFile, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openDurableLog } from '../../src/host/linux/files/durable-log.ts'
import { openLedger } from '../../src/ledger/ledger.ts'

let directory: string
beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'cantrip-log-')), 'ledger')
})
afterEach(() => rm(join(directory, '..'), { recursive: true }))

const open = async () => openLedger(await openDurableLog(directory, 'ledger'))

test('appended records are there after reopening, in order, readable by root only', async () => {
  const ledger = await open()
  await ledger.append({ kind: 'run-begun', run: 'r', role: 'x', at: 't' })
  ledger.note({ kind: 'started', run: 'r', step: 's' })
  await Promise.all(['a', 'b', 'c'].map((step) => ledger.append({ kind: 'done', run: 'r', step })))
  await ledger.close()
  const again = await open()
  expect(again.entries().map((entry) => `${entry.seq} ${entry.kind}`)).toEqual([
    '1 run-begun',
    '2 started',
    '3 done',
    '4 done',
    '5 done',
  ])
  expect(again.repairs).toEqual([])
  await again.close()
  expect((await stat(directory)).mode & 0o777).toBe(0o700)
  expect((await stat(join(directory, 'ledger.jsonl'))).mode & 0o777).toBe(0o600)
})

test('damaged records are moved aside, and appending continues', async () => {
  const ledger = await open()
  for (const step of ['a', 'b', 'c']) await ledger.append({ kind: 'done', run: 'r', step })
  await ledger.close()
  const path = join(directory, 'ledger.jsonl')
  const bytes = await readFile(path)
  bytes[bytes.indexOf('"b"') + 1] = 0x78
  await writeFile(path, bytes)

  const repaired = await open()
  expect(repaired.repairs).toEqual([expect.stringContaining('damaged'), expect.stringContaining('1 records')])
  await repaired.append({ kind: 'done', run: 'r', step: 'd' })
  await repaired.close()
  const [kept] = (await readdir(directory)).filter((name) => name.startsWith('ledger.damaged-'))
  expect(await readFile(join(directory, kept ?? ''), 'utf8')).toContain('"step":"x"')
  const again = await open()
  expect(again.entries().map(({ seq }) => seq)).toEqual([1, 3, 4, 5])
  expect(again.repairs).toEqual([])
  await again.close()
})

test('a second process is refused, with the ID of the holder; a closed log can be opened again', async () => {
  const ledger = await open()
  await expect(open()).rejects.toMatchObject({
    code: 'ledger/busy',
    kind: 'refused',
    message: expect.stringContaining(`process ${process.pid} `),
  })
  await ledger.close()
  await (await open()).close()
})

test('after a failed sync nothing is appended any more, even if the disk works again', async () => {
  const ledger = await open()
  await ledger.append({ kind: 'done', run: 'r', step: 'a' })
  const handle = await openFile(join(directory, 'ledger.jsonl'))
  const prototype = Object.getPrototypeOf(handle)
  await handle.close()
  const sync = vi.spyOn(prototype, 'datasync').mockRejectedValue(Object.assign(new Error('EIO'), { code: 'EIO' }))
  await expect(ledger.append({ kind: 'done', run: 'r', step: 'b' })).rejects.toMatchObject({ code: 'disk/broken' })
  sync.mockRestore()
  await expect(ledger.append({ kind: 'done', run: 'r', step: 'c' })).rejects.toMatchObject({ code: 'disk/broken' })
  await ledger.close()
  const again = await open()
  expect(again.entries().map((entry) => 'step' in entry && entry.step)).not.toContain('c')
  await again.close()
})
