import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openAuthority } from '../../src/controller/access/authority.ts'
import { openSqliteStore } from '../../src/controller/store/sqlite/store.ts'
import { isFull, keepResult, seed } from '../run/campaign.ts'
import { type HistoryResult, playHistory } from '../support/controller/model/history.ts'
import { type Misguide, MUTANTS, WRONG_DIRECTORS } from '../support/controller/model/mutants.ts'
import type { WorldOptions } from '../support/controller/model/world.ts'
import { seededRandom } from '../support/random.ts'

/** IDs decide ties, so they must be the same each time a history runs. */
const ids = vi.hoisted(() => ({ next: 0 }))
vi.mock('../../src/controller/domain/ids.ts', () => ({
  newId(kind: string) {
    const digits = (ids.next++).toString(32).padStart(10, '0')
    return `${kind}-${digits.replace(/[0189]/g, (digit) => ({ 0: 'w', 1: 'x', 8: 'y', 9: 'z' })[digit] ?? digit)}`
  },
}))

const director = vi.hoisted(() => ({ misguide: undefined as Misguide | undefined }))
vi.mock('../../src/controller/domain/upgrade/steer.ts', async (original) => {
  const own = await original<typeof import('../../src/controller/domain/upgrade/steer.ts')>()
  const steer: typeof own.steer = (situation) => {
    const decisions = own.steer(situation)
    return director.misguide?.(situation, decisions) ?? decisions
  }
  return { ...own, steer }
})

const HISTORIES = isFull ? 500 : 4
const LENGTH = 150
/** Events after the cluster is READY. */
const LIFE = 100
/**
 * Wrong controllers are detected by histories that are the same each day. About one history in ten detects the weakest
 * mutant.
 */
const MUTANTS_SEED = 1_000
const OF_MUTANTS = 100
const TIMEOUT_MS = isFull ? 3_600_000 : 300_000
const START = new Date('2026-01-01T00:00:00Z')

/** In memory if possible, because disks do not matter here. */
const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'model-'))
const authority = openAuthority(join(directory, 'pki'), START, false)
afterAll(() => rmSync(directory, { recursive: true }))

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] }))
afterEach(() => void vi.useRealTimers())

/** Runs one history. CANTRIP_SEED=`its seed` runs it first. */
async function play(itsSeed: number, processes: number, alter: Partial<WorldOptions> = {}): Promise<HistoryResult> {
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
    const result = await play(seed + history, processes)
    for (const [what, count] of Object.entries(result.counts)) counts[what] = (counts[what] ?? 0) + count
    if (result.failed !== undefined) failed.push(`seed ${seed + history}: ${result.failed}`)
  }
  vi.useRealTimers()
  keepResult(name, { counts, failed }, startedMs)
  expect(failed.slice(0, 3)).toEqual([])
  return counts
}

test(
  `${HISTORIES} random histories of ${LENGTH + LIFE} overlapping events end in one READY cluster without violations`,
  async () => {
    const { repairs = 0, degraded = 0, upgrades = 0 } = await campaign('director-model', 1)
    // Otherwise the histories would show nothing about repairs and problems.
    expect(repairs).toBeGreaterThan(HISTORIES / 3)
    expect(degraded).toBeGreaterThan(HISTORIES / 3)
    expect(upgrades).toBeGreaterThan(HISTORIES / 3)
  },
  TIMEOUT_MS,
)

test(
  `the same for ${HISTORIES} histories in which two controllers compete for the cluster`,
  async () => {
    const { refused = 0 } = await campaign('competing-controllers', 2)
    expect(refused).toBeGreaterThan(HISTORIES)
  },
  TIMEOUT_MS,
)

/** Plays histories until one fails in this way. */
async function detects(processes: number, alter: Partial<WorldOptions>, said = /./): Promise<boolean> {
  for (let history = 0; history < OF_MUTANTS; history++) {
    const { failed } = await play(MUTANTS_SEED + history, processes, alter)
    if (failed !== undefined && said.test(failed)) return true
  }
  return false
}

test.each(MUTANTS)(
  'histories detect a wrong controller: %s',
  async (_, processes, alter) => {
    expect(await detects(processes, alter)).toBe(true)
  },
  TIMEOUT_MS,
)

test.each(WRONG_DIRECTORS)(
  'histories detect a wrong director: %s',
  async (_, said, misguide) => {
    director.misguide = misguide
    try {
      expect(await detects(1, {}, said)).toBe(true)
    } finally {
      director.misguide = undefined
    }
  },
  TIMEOUT_MS,
)
