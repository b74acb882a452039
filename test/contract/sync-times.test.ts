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
  test('returns one non-negative time per requested write', async () => {
    const times = await open().syncTimes(root, PROBE)
    expect(times).toHaveLength(30)
    expect(Math.min(...times)).toBeGreaterThanOrEqual(0)
  })

  test('ends after its minimum time with enough writes, and after its maximum time in any case', async () => {
    const view = open()
    expect(await view.syncTimes(root, { ...PROBE, forMs: 0 })).toHaveLength(10)
    expect(await view.syncTimes(root, { ...PROBE, atMostMs: 0 })).toEqual([])
  })
})

test('removes its file and that of an earlier call, and does not create a missing directory', async () => {
  writeFileSync(join(root, '.cantrip-sync-probe'), 'left by a kill')
  expect(await linuxHostView().syncTimes(join(root, 'etcd', 'member'), PROBE)).toHaveLength(30)
  expect(readdirSync(root)).toEqual([])
})

test('does not block the event loop', async () => {
  let turns = 0
  const timer = setInterval(() => turns++, 1)
  await linuxHostView().syncTimes(root, { ...PROBE, writes: 1e6, forMs: 200, atMostMs: 400 })
  clearInterval(timer)
  expect(turns).toBeGreaterThan(10)
})

describe.skipIf(process.getuid?.() !== 0)('a failing disk (needs root)', () => {
  const mount = (options: string) => execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', root])
  afterEach(() => execFileSync('umount', [root]))

  test.each([
    ['size=64k', 'disk/full'],
    ['ro', 'disk/read-only'],
  ])('%s is reported: %s', async (options, code) => {
    mount(options)
    const probe = { ...PROBE, writes: 1_000 }
    await expect(linuxHostView().syncTimes(root, probe)).rejects.toMatchObject({ code })
    expect(readdirSync(root)).toEqual([])
  })
})
