import { expect, it } from 'vitest'
import type { RunEvent } from '../../protocol/wire/event.ts'
import { advance, currentStep } from './progress.ts'

const at = '2026-01-01T00:00:00.000Z'
const steps = [1, 2, 3].map((n) => ({ id: `etcd/${n}`, title: `Step ${n}` }))
const events: [RunEvent, string][] = [
  [{ kind: 'run-started', at, role: 'first-master', steps }, '0/3 -'],
  [{ kind: 'step-started', at, step: 'etcd/1', title: 'Step 1' }, '0/3 Step 1'],
  [{ kind: 'step-started', at, step: 'etcd/2', title: 'Step 2' }, '0/3 Step 1, Step 2'],
  [{ kind: 'step-progress', at, step: 'etcd/1', done: 1, of: 9, unit: 'bytes' }, '0/3 Step 1, Step 2'],
  [{ kind: 'step-done', at, step: 'etcd/1', ms: 4 }, '1/3 Step 2'],
  [{ kind: 'step-skipped', at, step: 'etcd/3', because: 'done' }, '2/3 Step 2'],
  [{ kind: 'run-ended', at, outcome: 'failed', ms: 4 }, '2/3 -'],
  // The agent was killed and starts again: finished steps are reported as skipped.
  [{ kind: 'run-started', at, role: 'first-master', steps }, '0/3 -'],
]

it('follows the events of a run', () => {
  let progress = { of: 0, done: 0, current: {} }
  for (const [event, seen] of events) {
    progress = advance(progress, event)
    expect(`${progress.done}/${progress.of} ${currentStep(progress) ?? '-'}`).toBe(seen)
  }
})

it('shows the progress of a step', () => {
  const progress = { of: 3, done: 0, current: { a: 'Fetching', b: 'Starting' } }
  expect(currentStep(progress, { step: 'a', done: 1, of: 3 })).toBe('Fetching (33 %), Starting')
  expect(currentStep(progress, { step: 'c', done: 1, of: 3 })).toBe('Fetching, Starting')
})

const NOTHING = { of: 9, done: 0, current: {} }

it.each<[string, RunEvent[], object]>([
  [
    'a mark, with any name of the step',
    [{ kind: 'step-done', at, step: 'a/new-name', ms: 1, marks: 'admits-nodes' }],
    { letsIn: true },
  ],
  [
    'a mark of a step that was done already',
    [{ kind: 'step-skipped', at, step: 'a/b', because: 'done', marks: 'admits-nodes' }],
    { letsIn: true },
  ],
  [
    'the name of the step, if the agent is of a build before marks',
    [{ kind: 'step-done', at, step: 'cluster-config/bind-rights', ms: 1 }],
    { letsIn: true },
  ],
  [
    'that its member of etcd has a vote',
    [{ kind: 'step-done', at, step: 'a/b', ms: 1, marks: 'has-vote' }],
    { hasVote: true },
  ],
  [
    'that the data is replaced',
    [{ kind: 'step-done', at, step: 'a/b', ms: 1, marks: 'replaces-data' }],
    { replacedData: true },
  ],
  [
    'a wait for admission, while it lasts',
    [{ kind: 'step-started', at, step: 'a/b', title: 'Asking', marks: 'awaits-admission' }],
    { awaitsAdmission: true },
  ],
  [
    'its end',
    [
      { kind: 'step-started', at, step: 'a/b', title: 'Asking', marks: 'awaits-admission' },
      { kind: 'step-done', at, step: 'a/b', ms: 1, marks: 'awaits-admission' },
    ],
    { awaitsAdmission: false },
  ],
])('derives the meaning of a step from events: %s', (_, events, wanted) => {
  expect(events.reduce(advance, NOTHING)).toMatchObject(wanted)
})

it('takes no notice of a mark that it does not know', () => {
  const event = { kind: 'step-done', at, step: 'cluster-config/bind-rights', ms: 1, marks: 'later' } as const
  expect(advance(NOTHING, event)).not.toHaveProperty('letsIn')
})

it('a run that starts again has no vote yet: the machine may have lost its data', () => {
  const voted = advance(NOTHING, { kind: 'step-done', at, step: 'a/b', ms: 1, marks: 'has-vote' })
  expect(advance(voted, { kind: 'run-started', at, role: 'master', steps: [] })).not.toHaveProperty('hasVote')
})
