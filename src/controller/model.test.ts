import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { isFull, keepResult, seed } from '../../test/run/campaign.ts'
import { playHistory, type Told } from '../../test/support/controller/model/history.ts'
import { MUTANTS } from '../../test/support/controller/model/mutants.ts'
import type { WorldOptions } from '../../test/support/controller/model/world.ts'
import { seededRandom } from '../../test/support/random.ts'
import { openAuthority } from './access/authority.ts'
import { openSqliteStore } from './store/sqlite/store.ts'

/** Ids decide ties, and a history is to be the same each time it is played. */
const ids = vi.hoisted(() => ({ next: 0 }))
vi.mock('./domain/ids.ts', () => ({
  newId(kind: string) {
    const digits = (ids.next++).toString(32).padStart(10, '0')
    return `${kind}-${digits.replace(/[0189]/g, (digit) => ({ 0: 'w', 1: 'x', 8: 'y', 9: 'z' })[digit] ?? digit)}`
  },
}))

const HISTORIES = isFull ? 500 : 4
const LENGTH = 150
/** Of the cluster that is READY by then. */
const LIFE = 100
/** More than any of the mutants needs to be seen. */
const OF_MUTANTS = 10
const TIMEOUT_MS = isFull ? 3_600_000 : 300_000
const START = new Date('2026-01-01T00:00:00Z')

/** In memory where that can be had: nothing here is about disks. */
const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'model-'))
const authority = openAuthority(join(directory, 'pki'), START)
afterAll(() => rmSync(directory, { recursive: true }))

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }))
afterEach(() => void vi.useRealTimers())

/** One history; CANTRIP_SEED=`its seed` plays it again as the first one. */
async function play(itsSeed: number, processes: number, alter: Partial<WorldOptions> = {}): Promise<Told> {
  vi.clearAllTimers()
  vi.setSystemTime(START)
  ids.next = 0
  const path = join(directory, 'model.db')
  const store = openSqliteStore(path)
  try {
    const random = seededRandom(itsSeed)
    const pass = (ms: number) => void vi.advanceTimersByTime(ms)
    return await playHistory({ store, authority, random, processes, pass, length: LENGTH, life: LIFE, ...alter })
  } finally {
    await store.close()
    rmSync(path)
  }
}

async function campaign(name: string, processes: number): Promise<Record<string, number>> {
  const startedMs = vi.getRealSystemTime()
  const failed: string[] = []
  const counts: Record<string, number> = { histories: HISTORIES }
  for (let history = 0; history < HISTORIES; history++) {
    const told = await play(seed + history, processes)
    for (const [what, count] of Object.entries(told.counts)) counts[what] = (counts[what] ?? 0) + count
    if (told.failed !== undefined) failed.push(`seed ${seed + history}: ${told.failed}`)
  }
  vi.useRealTimers()
  keepResult(name, { counts, failed }, startedMs)
  expect(failed.slice(0, 3)).toEqual([])
  return counts
}

test(
  `${HISTORIES} random histories of ${LENGTH + LIFE} events that overlap end in one READY cluster, without a contradiction on the way`,
  async () => {
    const { repairs = 0, degraded = 0 } = await campaign('director-model', 1)
    // Of histories in which none happens nothing would be shown about them.
    expect(repairs).toBeGreaterThan(HISTORIES / 3)
    expect(degraded).toBeGreaterThan(HISTORIES / 3)
  },
  TIMEOUT_MS,
)

test(
  `and ${HISTORIES} in which two controllers compete for the cluster`,
  async () => {
    const { refused = 0 } = await campaign('competing-controllers', 2)
    expect(refused).toBeGreaterThan(HISTORIES)
  },
  TIMEOUT_MS,
)

test.each(MUTANTS)(
  'a controller is found out by them where %s',
  async (_, processes, alter) => {
    const failures: string[] = []
    for (let history = 0; history < OF_MUTANTS && failures.length === 0; history++) {
      const { failed } = await play(seed + history, processes, alter)
      if (failed !== undefined) failures.push(failed)
    }
    expect(failures).not.toEqual([])
  },
  TIMEOUT_MS,
)
