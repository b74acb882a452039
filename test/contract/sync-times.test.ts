import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { HostView, SyncProbe } from '../../src/host/host.ts'
import { linuxHostView } from '../../src/host/linux/host-view.ts'
import { fakeMachine } from '../support/fake-machine.ts'

const PROBE: SyncProbe = { writeBytes: 2_300, writes: 30, enough: 10, forMs: 20_000, atMostMs: 20_000 }

let root: string
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cantrip-sync-'))
})
afterEach(() => rmSync(root, { recursive: true }))

describe.each<[string, () => HostView]>([
  ['the fake machine', fakeMachine],
  ['the linux machine', linuxHostView],
])('%s', (_name, open) => {
  test('as many times as writes were wanted, none of them negative', async () => {
    const times = await open().syncTimes(root, PROBE)
    expect(times).toHaveLength(30)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(0)
  })

  test('over after its time once it has enough, and after all the time in any case', async () => {
    const view = open()
    expect(await view.syncTimes(root, { ...PROBE, forMs: 0 })).toHaveLength(10)
    expect(await view.syncTimes(root, { ...PROBE, atMostMs: 0 })).toEqual([])
  })
})

test('nothing is left, not even of an earlier one, and a directory that is yet to be made is not made', async () => {
  writeFileSync(join(root, '.cantrip-sync-probe'), 'left by a kill')
  expect(await linuxHostView().syncTimes(join(root, 'etcd', 'member'), PROBE)).toHaveLength(30)
  expect(readdirSync(root)).toEqual([])
})

test('the program goes on meanwhile', async () => {
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  await linuxHostView().syncTimes(root, { ...PROBE, writes: 1e6, forMs: 200, atMostMs: 400 })
  clearInterval(timer)
  expect(turns).toBeGreaterThan(10)
})

describe.skipIf(process.getuid?.() !== 0)('a disk that refuses (needs root)', () => {
  const mount = (options: string) => execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', root])
  afterEach(() => execFileSync('umount', [root]))

  test.each([
    ['size=64k', 'disk/full'],
    ['ro', 'disk/read-only'],
  ])('%s is named: %s', async (options, code) => {
    mount(options)
    const probe = { ...PROBE, writes: 1_000 }
    await expect(linuxHostView().syncTimes(root, probe)).rejects.toMatchObject({ code })
    expect(readdirSync(root)).toEqual([])
  })
})
