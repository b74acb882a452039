import { expect, it } from 'vitest'
import { cluster, node, run } from '../../../test/support/controller/member.ts'
import { openDraft } from './draft.ts'
import { placeAfter, placeOf } from './place.ts'
import type { Node, Run } from './records.ts'

const progress = { of: 0, done: 0, current: {} }
const now = new Date('2026-01-01T01:00:00.000Z')

it.each<[Partial<Run>, ReturnType<typeof placeAfter>]>([
  [{ role: 'first-master' }, { task: 'first-master', reached: 'told' }],
  [
    { role: 'first-master', state: 'failed' },
    { task: 'first-master', reached: 'told' },
  ],
  [
    { role: 'first-master', state: 'done', endedAt: '2026-01-01T00:30:00.000Z' },
    { task: 'first-master', reached: 'done', since: '2026-01-01T00:30:00.000Z' },
  ],
  [{ role: 'master' }, { task: 'master', reached: 'told' }],
  [
    { role: 'master', progress: { ...progress, invited: true } },
    { task: 'master', reached: 'admitted' },
  ],
  [
    { role: 'worker', state: 'failed', progress: { ...progress, mayHaveJoined: true } },
    { task: 'worker', reached: 'admitted' },
  ],
  [
    { role: 'worker', state: 'done' },
    { task: 'worker', reached: 'done' },
  ],
  [{ role: 'reset' }, 'none'],
  [{ role: 'reset', state: 'done', progress: { ...progress, mayHaveJoined: true } }, 'none'],
])('after %j the place is %j', (changes, place) => {
  expect(placeAfter(run(changes))).toEqual(place)
})

it('is read from the last run only in a record of an earlier build', () => {
  const done = run({ role: 'master', state: 'done' })
  expect(placeOf({ node: node({ place: null }), run: done })).toEqual({ task: 'master', reached: 'done' })
  expect(placeOf({ node: node({ place: 'none' }), run: done })).toBeUndefined()
  expect(placeOf({ node: node({ place: null }), run: null })).toBeUndefined()
})

function draftOf(its: Partial<Node>, runs: Run[]) {
  const data = { version: 1, cluster: cluster(), nodes: [node({ place: 'none', ...its })], runs, enrolments: [] }
  const draft = openDraft(data, now)
  return { draft, place: () => draft.nodes[0]?.place }
}

it('follows the runs of the node', () => {
  const { draft, place } = draftOf({}, [])
  draft.addRun(run({ id: 'r-1', role: 'worker' }))
  expect(place()).toEqual({ task: 'worker', reached: 'told' })
  draft.setRun('r-1', { progress: { ...progress, invited: true } })
  expect(place()).toEqual({ task: 'worker', reached: 'admitted' })
  draft.setRun('r-1', { state: 'done' })
  expect(place()).toEqual({ task: 'worker', reached: 'done' })
  draft.addRun(run({ id: 'r-2', role: 'reset', generation: 2 }))
  expect(place()).toBe('none')
})

it('does not follow repairs, earlier runs and runs of nodes that are gone', () => {
  const joined = { task: 'master', reached: 'done' } as const
  const last = run({ id: 'r-2', role: 'master', state: 'done', generation: 2 })
  const { draft, place } = draftOf({ place: joined }, [run({ id: 'r-1', cancel: true }), last])
  draft.addRun(run({ id: 'r-3', role: 'worker', repair: true, generation: 3 }))
  draft.setRun('r-3', { state: 'done' })
  draft.setRun('r-1', { state: 'done' })
  expect(place()).toEqual(joined)
  const gone = draftOf({ state: 'REMOVED' }, [run({ id: 'r-1' })])
  gone.draft.setRun('r-1', { state: 'done' })
  expect(gone.draft.changes.map(({ change }) => change)).toEqual(['set-run'])
})

it('does not change where only open runs were loaded, and one of them fails', () => {
  const { draft, place } = draftOf({ place: { task: 'master', reached: 'done' } }, [run({ id: 'r-1', cancel: true })])
  draft.setRun('r-1', { state: 'failed' })
  expect(place()).toEqual({ task: 'master', reached: 'done' })
})
