import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openDurableLog } from '../../src/host/linux/files/durable-log.ts'
import { linuxMachine } from '../../src/host/linux/linux-machine.ts'
import { openLedger } from '../../src/ledger/ledger.ts'
import { openTlsSite } from './tls-site.ts'

/** On a file system of 2 MiB. */
describe.skipIf(process.getuid?.() !== 0)('a full disk (needs root)', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'cantrip-full-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', root])
  })
  afterEach(() => {
    execFileSync('umount', [root])
    rmSync(root, { recursive: true })
  })

  test('a failed write keeps the former file and leaves no temporary file', async () => {
    const machine = linuxMachine()
    await machine.writeFile(join(root, 'file'), 'before', 0o644)
    const tooMuch = 'x'.repeat(3_000_000)
    await expect(machine.writeFile(join(root, 'file'), tooMuch, 0o644)).rejects.toMatchObject({ code: 'disk/full' })
    expect(await machine.read(join(root, 'file'))).toBe('before')
    expect(readdirSync(root)).toEqual(['file'])
  })

  test('a download keeps its partial file, and continues once there is space', async () => {
    const content = Buffer.alloc(3_000_000, 'content')
    const site = await openTlsSite((request, response) => {
      const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0)
      const range = { 'content-range': `bytes ${from}-${content.length - 1}/${content.length}` }
      response.writeHead(from > 0 ? 206 : 200, from > 0 ? range : {}).end(content.subarray(from))
    })
    const machine = linuxMachine()
    const sha256 = createHash('sha256').update(content).digest('hex')
    const download = () =>
      machine.download({ url: site.url, path: join(root, 'file'), sha256, size: content.length, tls: site.identity })
    await expect(download()).rejects.toMatchObject({ code: 'disk/full', fix: expect.stringContaining('df -h') })
    expect(readdirSync(root)).toEqual(['file.part'])
    execFileSync('mount', ['-o', 'remount,size=8m', root])
    await download()
    expect(await machine.sha256(join(root, 'file'))).toBe(sha256)
    await site.close()
  })

  test('a ledger that cannot grow refuses all further records, and reopening finds the durable ones', async () => {
    const log = await openDurableLog(join(root, 'ledger'), 'ledger')
    const ledger = await openLedger(log)
    await ledger.append({ kind: 'done', run: 'r', step: 'first' })
    const fill = async () => {
      for (;;) await ledger.append({ kind: 'done', run: 'r', step: 'x'.repeat(100_000) })
    }
    await expect(fill()).rejects.toMatchObject({ code: 'disk/full' })
    await expect(ledger.append({ kind: 'done', run: 'r', step: 'small' })).rejects.toMatchObject({ code: 'disk/full' })
    await ledger.close()
    execFileSync('mount', ['-o', 'remount,size=8m', root])
    const again = await openLedger(await openDurableLog(join(root, 'ledger'), 'ledger'))
    expect(again.entries()[0]).toMatchObject({ step: 'first' })
    expect(again.repairs.length).toBeLessThanOrEqual(1)
    await again.append({ kind: 'done', run: 'r', step: 'last' })
    await again.close()
  })
})
