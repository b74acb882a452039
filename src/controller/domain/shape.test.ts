import { expect, it } from 'vitest'
import { EARLY, member } from '../../../test/support/controller/member.ts'
import type { RunProgress } from './records.ts'
import { hasLostMasters } from './shape.ts'
import type { Member } from './situation.ts'

const LATER = '2026-01-01T00:10:00.000Z'
const LAST = '2026-01-01T00:20:00.000Z'
const progress: RunProgress = { of: 0, done: 0, current: {} }
const another: RunProgress = { ...progress, startsAnotherCluster: true }
const master = (run: Parameters<typeof member>[1], repair: Parameters<typeof member>[3] = null) =>
  member({ id: 'm', state: 'READY', roles: ['master'] }, run, 0, repair)
const worker = (createdAt: string) =>
  member({ id: 'w', state: 'READY', roles: ['worker'] }, { id: 'r-w', role: 'worker', state: 'done', createdAt })

const table: [string, Member[], boolean][] = [
  ['a worker beside its master', [master({ state: 'done' }), worker(LATER)], false],
  ['a worker alone', [worker(LATER)], true],
  [
    'a worker that had joined before the machine of the master was reset, which starts another cluster',
    [master({ progress: another, createdAt: LATER }), worker(EARLY)],
    true,
  ],
  ['and once that one is there', [master({ state: 'done', progress: another, createdAt: LATER }), worker(EARLY)], true],
  [
    'a worker that joins that one',
    [master({ state: 'done', progress: another, createdAt: LATER }), worker(LAST)],
    false,
  ],
  [
    'also if it was a repair',
    [master({ state: 'done' }, { progress: another, createdAt: LATER }), worker(EARLY)],
    true,
  ],
  [
    'not where another master has the cluster',
    [
      master({ progress: another, createdAt: LATER }),
      member({ id: 'n', state: 'READY', roles: ['master'] }, { id: 'r-n', role: 'master', state: 'done' }),
      worker(EARLY),
    ],
    false,
  ],
]

it.each(table)('%s', (_, members, lost) => {
  expect(hasLostMasters(members)).toBe(lost)
})
