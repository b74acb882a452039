/**
 * Many seeds with a few cases each. The other campaigns run many cases of one seed, and so use one random outcome per
 * write. A seed determines its cases: `CANTRIP_SEED=N` starts with seed N.
 */
import { expect, test } from 'vitest'
import { AgentError } from '../../src/base/agent-error.ts'
import { seed as first, isFull, keepResult } from '../run/campaign.ts'
import { seededRandom } from '../support/random.ts'
import { prepareStage, runCase, runFailureCase, runSeveralCrashes, type Stage } from './model/cases.ts'
import type { Verb } from './model/histories.ts'

const SEEDS = isFull ? 1_000 : 12
const MOST_SHOWN = 20
const VERBS: readonly Verb[] = ['install', 'provision', 'reset', 'uninstall']
const ERRORS = [
  () => new AgentError('disk/full', 'no space is left', { fix: 'make room' }),
  () => new AgentError('disk/broken', 'the disk reported an error', { fix: 'see dmesg' }),
] as const

type Counts = Record<'seeds' | 'disk errors' | 'crashes' | 'several crashes', number>

test(`${SEEDS} seeds from ${first} on: disk errors and crashes`, { timeout: 7_200_000 }, async () => {
  const startedMs = Date.now()
  const stage = await prepareStage()
  const counts: Counts = { seeds: 0, 'disk errors': 0, crashes: 0, 'several crashes': 0 }
  const failed: string[] = []
  for (let seed = first; seed < first + SEEDS && failed.length < MOST_SHOWN; seed++) {
    counts.seeds += 1
    failed.push(...(await runSeed(stage, seed, counts)))
  }
  keepResult('many-seeds-in-memory', { counts, failed }, startedMs)
  expect(failed).toEqual([])
  expect(counts['disk errors']).toBeGreaterThan(SEEDS * 2)
  expect(counts['several crashes']).toBeGreaterThan(SEEDS)
})

/** For each verb one failed write and one crash, and one history with several crashes. */
async function runSeed(stage: Stage, seed: number, counts: Counts): Promise<string[]> {
  const random = seededRandom(seed)
  const below = (limit: number) => Math.floor(random() * limit)
  const failed: string[] = []
  const judge = (what: object, wrong: readonly string[]) => {
    if (wrong.length > 0) failed.push(`seed ${seed}, ${JSON.stringify(what)}: ${wrong.slice(0, 5).join('\n  ')}`)
  }
  for (const verb of VERBS) {
    const then = random() < 0.5 ? 'again' : 'undo'
    const of = random() < 0.7 ? 'effect' : 'append'
    const failure = { of, at: 1 + below(stage.moments[verb] / 4), isTorn: random() < 0.5 } as const
    const error = ERRORS[below(ERRORS.length)] ?? ERRORS[0]
    const wrong = await runFailureCase(stage, { verb, then, seed, failure: { ...failure, error } })
    if (wrong) counts['disk errors'] += 1
    judge({ verb, then, ...failure, code: error().code }, wrong ?? [])
    const crash = { verb, at: below(stage.moments[verb]), powerCut: random() < 0.5, then, seed } as const
    counts.crashes += 1
    judge(crash, await runCase(stage, crash))
  }
  const several = await runSeveralCrashes(stage, seed)
  counts['several crashes'] += several.crashes
  judge({ crashes: several.crashes }, several.wrong)
  return failed
}
