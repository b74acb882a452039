import { expect, test } from 'vitest'
import type { LogEntry } from '../../../protocol/api/events.ts'
import { runsOf } from './runs.ts'

const at = (second: number) => `2026-01-01T00:00:0${second}.000Z`
let seq = 0
const entry = (run: string | null, event: { kind: string; at: string; [field: string]: unknown }) =>
  ({ seq: ++seq, at: event.at, cluster: 'demo', node: { id: 'n', name: 'n1' }, run, event }) as unknown as LogEntry
const started = (run: string, second: number) =>
  entry(run, {
    ...{ kind: 'run-started', at: at(second), role: 'first-master' },
    steps: ['a', 'b'].map((id) => ({ id, title: `Step ${id}` })),
  })
const error = { code: 'x', message: 'no', fix: 'try' }

test('a failed attempt is kept beside the one that worked', () => {
  const entries = [
    started('r-1', 0),
    entry('r-1', { kind: 'step-started', at: at(0), step: 'a', title: 'Doing a' }),
    entry('r-1', { kind: 'step-failed', at: at(1), step: 'a', error }),
    entry('r-1', { kind: 'run-ended', at: at(1), outcome: 'failed', ms: 1_000, error }),
    entry(null, { kind: 'node-state', at: at(1), state: 'FAILED' }),
    started('r-2', 2),
    entry('r-2', { kind: 'step-done', at: at(3), step: 'a', ms: 900 }),
    entry('r-2', { kind: 'step-skipped', at: at(3), step: 'b', because: 'it is there' }),
    entry('r-2', { kind: 'run-ended', at: at(4), outcome: 'done', ms: 2_000 }),
  ]
  const [second, first] = runsOf(entries)
  expect(first).toMatchObject({ id: 'r-1', outcome: 'failed', endedAt: at(1), error })
  expect(first?.steps.map(({ state, title }) => [state, title])).toEqual([
    ['failed', 'Doing a'],
    ['pending', 'Step b'],
  ])
  expect(second).toMatchObject({ id: 'r-2', role: 'first-master', outcome: 'done', startedAt: at(2) })
  expect(second?.steps).toMatchObject([
    { state: 'done', ms: 900 },
    { state: 'skipped', because: 'it is there' },
  ])
})

test('a run that was interrupted goes on, and what it did stays done', () => {
  const entries = [
    started('r-1', 0),
    entry('r-1', { kind: 'step-done', at: at(1), step: 'a', ms: 900 }),
    started('r-1', 2),
    entry('r-1', { kind: 'step-skipped', at: at(2), step: 'a', because: 'it is there' }),
    entry('r-1', { kind: 'step-started', at: at(3), step: 'b', title: 'Doing b' }),
  ]
  expect(runsOf(entries)).toMatchObject([
    { startedAt: at(0), endedAt: null, outcome: 'running', steps: [{ state: 'done', ms: 900 }, { state: 'running' }] },
  ])
})
