/**
 * The real roles on a machine in memory whose disk is full, or fails, at each write of an effect or of the ledger. The error
 * is reported, no change is made without its record, and a rerun completes the work.
 */
import { expect, test } from 'vitest'
import { AgentError } from '../../src/base/agent-error.ts'
import { isFull, keepResult, seed } from '../run/campaign.ts'
import type { Failure } from './crashing-world.ts'
import { prepareStage, runFailureCase } from './model/cases.ts'
import type { Verb } from './model/histories.ts'

const EACH = isFull ? 1 : 7
const VERBS: Verb[] = ['install', 'provision', 'reset', 'uninstall']
const full = () => new AgentError('disk/full', 'no space is left', { fix: 'make room' })
const broken = () => new AgentError('disk/broken', 'the disk reported an error', { fix: 'see dmesg' })

/** The failure of write number `at`, partly done or not done at all. */
function failureOf(of: Failure['of'], at: number): Failure {
  return { at, of, error: at % 2 === 0 ? full : broken, isTorn: at % 4 < 2 }
}

test(`a full or broken disk at ${EACH === 1 ? 'each' : `one in ${EACH}`} of all writes (seed ${seed})`, {
  timeout: 1_800_000,
}, async () => {
  const startedMs = Date.now()
  const stage = await prepareStage()
  const counts: Record<string, number> = { effect: 0, append: 0 }
  const failed: string[] = []
  for (const verb of VERBS) {
    for (const of of ['effect', 'append'] as const) {
      for (let at = 1 + (seed % EACH); ; at += EACH) {
        const failure = failureOf(of, at)
        const then = at % 3 === 0 ? 'undo' : 'again'
        const wrong = await runFailureCase(stage, { verb, then, seed: seed + at, failure })
        if (wrong === undefined) break
        counts[of] = (counts[of] ?? 0) + 1
        if (wrong.length > 0) failed.push(`${verb}, ${of} ${at}, ${then}: ${wrong.slice(0, 5).join('\n  ')}`)
      }
    }
  }
  keepResult('disk-errors-in-memory', { counts, failed }, startedMs)
  expect(failed.slice(0, 20)).toEqual([])
  expect(counts.effect).toBeGreaterThan(100)
  expect(counts.append).toBeGreaterThan(50)
})
