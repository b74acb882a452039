/**
 * The real roles on a machine in memory (test/faults/model): install, provision, reset and uninstall, interrupted at every
 * moment by a kill or a power cut. Each history ends READY or restored, like the one without a crash.
 */
import { beforeAll, expect, test } from 'vitest'
import { isFull, keepResult, seed } from '../run/campaign.ts'
import { type Case, everyCase, prepareStage, runCase, runSeveralCrashes, type Stage } from './model/cases.ts'

const EACH = isFull ? 1 : 37
const SEVERAL = isFull ? 4_000 : 80
const MOST_SHOWN = 20
const timeout = 1_800_000

let stage: Stage
beforeAll(async () => {
  stage = await prepareStage()
})

test(`a crash at ${isFull ? 'every moment' : `one moment of ${EACH}`} of install, provision, reset and uninstall (seed ${seed})`, {
  timeout,
}, async () => {
  const startedMs = Date.now()
  const counts: Record<string, number> = { cases: 0, kills: 0, 'power cuts': 0 }
  const failed: string[] = []
  for (const one of everyCase(stage)) {
    if ((one.seed + seed) % EACH !== 0) continue
    count(counts, one)
    const wrong = await runCase(stage, { ...one, seed: one.seed + seed })
    if (wrong.length > 0) failed.push(`${JSON.stringify(one)}\n  ${wrong.slice(0, 5).join('\n  ')}`)
    if (failed.length === MOST_SHOWN) break
  }
  keepResult('crash-points-in-memory', { counts, failed }, startedMs)
  expect(failed).toEqual([])
  expect(counts.cases).toBeGreaterThan(isFull ? 10_000 : 300)
})

test(`${SEVERAL} histories of two to five crashes (seed ${seed})`, { timeout }, async () => {
  const startedMs = Date.now()
  const counts = { histories: 0, crashes: 0 }
  const failed: string[] = []
  for (let index = 0; index < SEVERAL && failed.length < MOST_SHOWN; index++) {
    const own = seed * 100_000 + index
    const { crashes, wrong } = await runSeveralCrashes(stage, own)
    counts.histories += 1
    counts.crashes += crashes
    if (wrong.length > 0) failed.push(`seed ${own}: ${wrong.slice(0, 5).join('\n  ')}`)
  }
  keepResult('several-crashes-in-memory', { counts, failed }, startedMs)
  expect(failed).toEqual([])
  expect(counts.crashes).toBeGreaterThan(SEVERAL)
})

function count(counts: Record<string, number>, { verb, powerCut }: Case): void {
  for (const key of ['cases', verb, powerCut ? 'power cuts' : 'kills']) counts[key] = (counts[key] ?? 0) + 1
}
