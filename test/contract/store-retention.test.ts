/** Deleting events, for each backend. */
import { statSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Change } from '../../src/controller/domain/change.ts'
import { openJanitor } from '../../src/controller/retention/janitor.ts'
import { DETAILS, type Retention } from '../../src/controller/retention/limits.ts'
import type { Store } from '../../src/controller/store/port.ts'
import { type Database, postgresBackend, sqliteBackend } from '../support/controller/backends.ts'
import { cluster, node, run } from '../support/controller/member.ts'

const DAY_MS = 86_400_000
const NOW = Date.parse('2026-06-01T00:00:00.000Z')
const OTHER = 'c-bbbbbbbbbb'
const daysAgo = (days: number) => new Date(NOW - days * DAY_MS).toISOString()

let nodeSeq = 0
/** A step detail, or the failure of a step. */
function event(kind: 'detail' | 'failure', days: number, clusterId = cluster().id, text = 'x'): Change {
  const at = daysAgo(days)
  const body =
    kind === 'detail'
      ? ({ kind: 'log', at, level: 'info', message: text } as const)
      : ({ kind: 'step-failed', at, step: 's', error: { code: 'a/b', message: text, fix: 'f' } } as const)
  return {
    change: 'add-event',
    event: { at, clusterId, nodeId: node().id, nodeSeq: ++nodeSeq, runId: run().id, event: body },
  }
}
const times = <T>(count: number, make: (at: number) => T) => Array.from({ length: count }, (_, at) => make(at))

describe.each([sqliteBackend(), postgresBackend()])('$name', (backend) => {
  let database: Database
  let store: Store
  beforeAll(() => backend.start())
  afterAll(() => backend.stop())
  beforeEach(async () => {
    database = await backend.database()
    store = await database.open()
    await store.commit([
      { change: 'add-cluster', cluster: cluster() },
      { change: 'add-cluster', cluster: cluster({ id: OTHER, name: 'other' }) },
      { change: 'add-node', node: node() },
    ])
  })
  afterEach(async () => {
    await store.close()
    await database.remove()
  })

  const left = async (of?: string) => {
    const found = await store.eventsAfter({ after: 0, cluster: of }, 100_000)
    const details = found.filter(({ kind }) => DETAILS.includes(kind)).length
    return { details, others: found.length - details, first: found[0]?.seq }
  }
  const MANY = { events: 1e9, bytes: 1e9 }
  const janitor = (retention: Partial<Retention>) =>
    openJanitor(
      { store, now: () => new Date(NOW) },
      { run: MANY, cluster: MANY, detailDays: 30, days: 365, ...retention },
    )

  it('looks at a page of events, deletes those that match, and says what they were', async () => {
    await store.commit([...times(10, (at) => event(at % 2 ? 'failure' : 'detail', 10 - at)), event('detail', 1, OTHER)])
    expect(await store.eventTotals(run().id)).toMatchObject({ events: 11 })
    expect(await store.eventTotals('r-unknown')).toEqual({ events: 0, bytes: 0 })
    const { last, sizes } = await store.eventSizes(0, 100)
    expect(last).toBe(11)
    expect([...sizes].map(([id, { events }]) => [id, events]).sort()).toEqual([
      [cluster().id, 10],
      [OTHER, 1],
    ])
    expect(await store.sweepEvents({ after: 0, kinds: DETAILS, before: daysAgo(7) }, 4)).toMatchObject({
      last: 4,
      events: 2,
    })
    expect(await store.sweepEvents({ after: 4, kinds: DETAILS, cluster: OTHER }, 4)).toMatchObject({
      last: 11,
      events: 1,
    })
    expect(await store.sweepEvents({ after: 11 }, 4)).toEqual({ last: undefined, events: 0, bytes: 0 })
    const whole = await store.eventTotals(run().id)
    const swept = await store.sweepEvents({ after: 0 }, 100)
    expect(swept).toEqual({ last: 10, ...whole })
    expect(await store.lastEvent(), 'numbers are never given again').toBe(11)
  })

  it('deletes step details after their time, and failures and results after theirs', async () => {
    await store.commit(
      [400, 100, 10].flatMap((days) => times(700, () => [event('detail', days), event('failure', days)]).flat()),
    )
    await janitor({}).tidy()
    expect(await left()).toMatchObject({ details: 700, others: 1_400 })
  })

  it('deletes the oldest step details of a cluster that has too many, and its other events only after them', async () => {
    await store.commit(times(1_000, () => [event('failure', 1), event('detail', 1)]).flat())
    await store.commit(times(600, () => event('detail', 1, OTHER)))
    const keeper = janitor({ cluster: { ...MANY, events: 1_500 } })
    await keeper.tidy()
    const first = await left(cluster().id)
    expect(first.others).toBe(1_000)
    expect(first.details).toBeLessThanOrEqual(350)
    expect(await left(OTHER)).toMatchObject({ details: 600 })
    await store.commit(times(1_500, () => event('failure', 1)))
    await keeper.tidy()
    const { details, others, first: oldest } = await left(cluster().id)
    expect(details).toBe(0)
    expect(others).toBeGreaterThan(800)
    expect(others).toBeLessThanOrEqual(1_350)
    expect(oldest).toBeGreaterThan(1_000)
  })

  it('counts bytes too, and never more than a page at a time', async () => {
    await store.commit(times(600, () => event('detail', 1, cluster().id, 'x'.repeat(5_000))))
    let longest = 0
    const counting: Store = {
      ...store,
      sweepEvents: async (sweep, limit) => {
        longest = Math.max(longest, limit)
        return store.sweepEvents(sweep, limit)
      },
    }
    const keeper = openJanitor(
      { store: counting, now: () => new Date(NOW) },
      { run: MANY, cluster: { ...MANY, bytes: 1e6 }, detailDays: 30, days: 365 },
    )
    await keeper.tidy()
    expect((await store.eventTotals(run().id)).bytes).toBeLessThanOrEqual(9e5)
    expect(longest).toBeLessThanOrEqual(500)
  })
})

it('a SQLite database becomes smaller when events are deleted, also one of an older build', async () => {
  const database = await sqliteBackend().database()
  const early = await database.open()
  await early.close()
  await database.sql('PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM')
  const store = await database.open()
  await store.commit([{ change: 'add-cluster', cluster: cluster() }])
  for (let at = 0; at < 20; at++)
    await store.commit(times(100, () => event('detail', 40, cluster().id, 'x'.repeat(8_000))))
  await store.close()
  const before = statSync(database.where).size
  const again = await database.open()
  const keeper = openJanitor(
    { store: again, now: () => new Date(NOW) },
    { run: { events: 1, bytes: 1 }, cluster: { events: 1e9, bytes: 1e9 }, detailDays: 30, days: 365 },
  )
  for (let at = 0; at < 20; at++) await keeper.tidy()
  await again.close()
  const after = statSync(database.where).size
  expect(before).toBeGreaterThan(16_000_000)
  expect(after).toBeLessThan(before / 10)
  await database.remove()
})
