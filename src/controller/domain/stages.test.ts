import { describe, expect, it } from 'vitest'
import { cluster, member } from '../../../test/support/controller/member.ts'
import type { Cluster, Node, Run } from './records.ts'
import type { Member } from './situation.ts'
import { stagesOf } from './stages.ts'

/** Minutes after the cluster was made. */
const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString()
const DAY = 24 * 60

/** It was discovered, approved and configured a minute after another from `from` on. */
function joining(id: string, from: number, changes: Partial<Node> = {}, run: Partial<Run> | null = null): Member {
  const times = { createdAt: at(from), approvedAt: at(from + 1), configuredAt: at(from + 2) }
  return member({ id, name: id, attempt: 1, ...times, ...changes }, run)
}
const ran = (from: number, to: number | null, state: Run['state'] = 'done'): Partial<Run> => ({
  createdAt: at(from),
  endedAt: to === null ? null : at(to),
  state,
})
const READY = { state: 'READY' } as const
const BUSY = { state: 'PROVISIONING' } as const
const STRAY = member({
  id: 'stray',
  state: 'DISCOVERED',
  roles: [],
  createdAt: at(DAY * 3),
  approvedAt: null,
  configuredAt: null,
})

/** `discover done 0-1`: in minutes; nothing where it has none. */
function seen(changes: Partial<Cluster>, members: Member[]): string[] {
  const minutes = (time: string | null) => (time === null ? '' : (Date.parse(time) - Date.parse(at(0))) / 60_000)
  const found = stagesOf(cluster({ createdAt: at(0), ...changes }), members)
  return found.map(
    ({ name, state, startedAt, endedAt }) => `${name} ${state} ${minutes(startedAt)}-${minutes(endedAt)}`,
  )
}
const wanted = (changes: Partial<Cluster> = {}): Partial<Cluster> => ({
  desired: 'provision',
  attempt: 1,
  desiredAt: at(10),
  state: 'PROVISIONING',
  ...changes,
})

describe('stages', () => {
  it('of a cluster without nodes', () => {
    expect(seen({}, [])).toEqual([
      'discover running 0-',
      'approve pending -',
      'configure pending -',
      'provision pending -',
      'check-in pending -',
    ])
  })

  it('wait for the administrator', () => {
    const fresh = { roles: [], configuredAt: null }
    const members = [joining('a', 1, fresh), joining('b', 2, { ...fresh, state: 'DISCOVERED', approvedAt: null })]
    expect(seen({}, members).slice(0, 3)).toEqual(['discover done 0-1', 'approve running 1-', 'configure pending -'])
  })

  it('of a running provision', () => {
    const members = [joining('a', 1, BUSY, ran(10, 14)), joining('b', 3, BUSY, ran(10, null, 'open')), STRAY]
    expect(seen(wanted(), members)).toEqual([
      'discover done 0-1',
      'approve done 1-4',
      'configure done 4-5',
      'provision running 10-',
      'check-in pending -',
    ])
  })

  it('have ended; an unapproved node changes nothing', () => {
    const members = [joining('a', 1, READY, ran(10, 14)), joining('b', 3, READY, ran(10, 15)), STRAY]
    expect(seen(wanted({ state: 'READY', readyAt: at(16) }), members).slice(3)).toEqual([
      'provision done 10-15',
      'check-in done 15-16',
    ])
  })

  it('show the progress of a node that was added a day later', () => {
    const members = [joining('a', 1, READY, ran(10, 14)), joining('b', DAY, BUSY, ran(DAY + 5, null, 'open'))]
    expect(seen(wanted(), members)).toEqual([
      `discover done ${DAY}-${DAY}`,
      `approve done ${DAY}-${DAY + 1}`,
      `configure done ${DAY + 1}-${DAY + 2}`,
      `provision running ${DAY + 5}-`,
      'check-in pending -',
    ])
  })

  it('of a second attempt, with the failed nodes only', () => {
    const failed = joining('a', 1, BUSY, ran(DAY, DAY + 4))
    const others = [joining('b', 1, READY, ran(10, 14)), failed]
    const again = wanted({ desiredAt: at(DAY), attempt: 2 })
    expect(seen(again, others).slice(3)).toEqual([`provision done ${DAY}-${DAY + 4}`, `check-in running ${DAY + 4}-`])
  })

  it('have not ended while a node waits for its turn', () => {
    const members = [joining('a', 1, READY, ran(10, 14)), joining('b', 1, { state: 'CONFIGURED', attempt: 0 })]
    expect(seen(wanted(), members).slice(3)).toEqual(['provision running 10-', 'check-in pending -'])
  })

  it('fail with a run', () => {
    const members = [joining('a', 1, { state: 'FAILED' }, ran(10, 14, 'failed'))]
    expect(seen(wanted({ state: 'FAILED' }), members).slice(3)).toEqual([
      'provision failed 10-14',
      'check-in pending -',
    ])
  })

  it('show the progress of a repair', () => {
    const repaired = (id: string, from: number, to: number | null): Member => {
      const { node, run } = joining(id, 1, READY, ran(10, 14))
      const times = {
        createdAt: at(from),
        endedAt: to === null ? null : at(to),
        state: to === null ? 'open' : 'done',
      } as const
      return member({ ...node, attempt: 2 }, run, 0, times)
    }
    const asked = wanted({ desiredAt: at(DAY), attempt: 2, repairAttempt: 2 })
    const members = [repaired('a', DAY, DAY + 1), repaired('b', DAY + 1, null)]
    expect(seen(asked, members)[3]).toBe(`provision running ${DAY}-`)
    const done = [repaired('a', DAY, DAY + 1), repaired('b', DAY + 1, DAY + 2)]
    expect(seen({ ...asked, state: 'READY', readyAt: at(DAY + 3) }, done).slice(3)).toEqual([
      `provision done ${DAY}-${DAY + 2}`,
      `check-in done ${DAY + 2}-${DAY + 3}`,
    ])
  })

  it('start over with a reset', () => {
    const back: Partial<Node> = { state: 'DISCOVERED', roles: [], configuredAt: null }
    const members = [joining('a', 1, back, { role: 'reset', ...ran(DAY, DAY + 1) })]
    expect(seen({ desired: 'none', desiredAt: at(DAY), attempt: 2 }, members)).toEqual([
      `discover done ${DAY}-${DAY}`,
      `approve running ${DAY}-`,
      'configure pending -',
      'provision pending -',
      'check-in pending -',
    ])
  })

  it('do not include a leaving node', () => {
    const members = [joining('a', 1, READY, ran(10, 14)), joining('b', 1, { ...READY, leaving: 'retire' }, ran(10, 99))]
    expect(seen(wanted({ state: 'READY', readyAt: at(16) }), members)[3]).toBe('provision done 10-14')
  })
})
