/** The audit log in both backends: one chain, in the transaction of the change. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openAuditRetention } from '../../src/controller/audit/retention.ts'
import type { Change } from '../../src/controller/domain/change.ts'
import type { Store } from '../../src/controller/store/port.ts'
import { openChainCheck, removal } from '../../src/protocol/audit/chain.ts'
import { type AuditContent, RETENTION_ACTION } from '../../src/protocol/audit/entry.ts'
import { auditContent, flat } from '../support/controller/audit.ts'
import { type Database, postgresBackend, sqliteBackend } from '../support/controller/backends.ts'
import { cluster, EARLY } from '../support/controller/member.ts'

const entry = (changes: Partial<AuditContent> = {}): Change => ({
  change: 'add-audit-entry',
  content: auditContent(changes),
})
const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1)

describe.each([sqliteBackend(), postgresBackend()])('$name', (backend) => {
  let database: Database
  let store: Store
  let other: Store
  beforeAll(() => backend.start())
  afterAll(() => backend.stop())
  beforeEach(async () => {
    database = await backend.database()
    const [first, second] = await database.openTwice()
    store = first
    other = second
  })
  afterEach(async () => {
    await close()
    await database.remove()
  })
  const close = async () => {
    for (const each of new Set([store, other])) await each.close().catch(() => undefined)
  }
  const all = async (of = store) => (await of.auditAfter({ after: 0 }, 10_000)).map(flat)
  const verified = async (of = store) => {
    const check = openChainCheck()
    for (const each of await all(of)) check.add(each)
    return check.end()
  }
  /** Changes the stored entries behind the store's back, as whoever has the file or the database can. */
  const tamper = async (sql: string) => {
    await close()
    const off = backend.name === 'SQLite' ? 'DROP TRIGGER audit_append_only;' : 'ALTER TABLE audit DISABLE TRIGGER ALL;'
    await database.sql(`${off} ${sql}`)
    store = await database.open()
    other = store
  }

  it('gives each entry a number and the hash of the one before, in the transaction of the change', async () => {
    await store.commit([{ change: 'add-cluster', cluster: cluster() }, entry()])
    await store.commit([entry({ who: { kind: 'account', name: 'Bö\u202eb\n', id: null } }), entry()])
    const found = await all()
    expect(found.map(({ number }) => number)).toEqual([1, 2, 3])
    expect(found[1]).toMatchObject({ previous: found[0]?.hash, who: { name: 'Bö\u202eb\n' } })
    expect(await verified()).toMatchObject({ fault: undefined, count: 3, head: await store.auditHead() })
    const stale = { clusterId: cluster().id, version: 77 }
    expect(await store.commit([entry()], stale), 'a refused commit leaves no entry').toBe(false)
    await expect(store.commit([entry(), { change: 'add-cluster', cluster: cluster() }])).rejects.toThrow()
    expect(await all()).toHaveLength(3)
  })

  it('is one chain, whichever of two controllers adds to it', async () => {
    await Promise.all(upTo(40).map((at) => (at % 2 ? store : other).commit([entry({ count: at }), entry()])))
    expect(await verified(other)).toMatchObject({ fault: undefined, count: 80 })
    const counts = (await all()).map(({ count }) => count).filter((count) => count > 1)
    expect(counts.sort((a, b) => a - b)).toEqual(upTo(40).slice(1))
  })

  it('finds entries by actor, cluster, node, time and outcome', async () => {
    const change = { record: 'node', id: 'n-a', name: 'one', change: 'changed' as const, fields: {} }
    await store.commit([
      entry({ who: { kind: 'token', name: 'ci', id: null } }),
      entry({ target: { cluster: 'other', node: null, nodeId: null } }),
      entry({ target: { cluster: 'demo', node: 'two', nodeId: 'n-b' } }),
      entry({ changes: [change] }),
      entry({ at: '2026-03-01T00:00:00.000Z' }),
      entry({ outcome: 'refused', code: 'identity/revoked' }),
      entry({ outcome: 'failed', code: 'store/full' }),
    ])
    const numbers = async (filter: object) =>
      (await store.auditAfter({ after: 0, ...filter }, 10)).map(({ number }) => number)
    expect(await numbers({ who: 'ci' })).toEqual([1])
    expect(await numbers({ cluster: 'other' })).toEqual([2])
    for (const node of ['two', 'n-b']) expect(await numbers({ node })).toEqual([3])
    for (const node of ['one', 'n-a']) expect(await numbers({ node })).toEqual([4])
    expect(await numbers({ since: '2026-02-01T00:00:00.000Z' })).toEqual([5])
    expect(await numbers({ refused: true })).toEqual([6, 7])
    expect(await numbers({ after: 5, who: 'alice' })).toEqual([6, 7])
    expect(await numbers({ who: "x' OR 1=1 --" })).toEqual([])
  })

  it('removes the oldest entries only with an entry about it, so that the chain remains verifiable', async () => {
    await store.commit(upTo(10).map(() => entry()))
    const [last] = await store.auditAfter({ after: 5 }, 1)
    if (!last) throw new Error('there is no entry 6')
    expect((await store.auditSizes(2, 3)).last).toBe(5)
    expect((await store.auditSizes(2, 3)).bytes).toBeGreaterThan(300)
    expect((await store.auditSizes(10, 3)).last).toBeUndefined()
    const reason = { action: RETENTION_ACTION, changes: [removal({ number: 6, hash: last.hash })] }
    await store.commit([{ change: 'remove-audit-entries', upTo: 6 }, entry(reason)])
    expect(await verified()).toMatchObject({ fault: undefined, first: 7, count: 5 })
    await tamper('DELETE FROM audit WHERE number = 7')
    expect((await verified()).fault).toMatchObject({ number: 7, reason: expect.stringContaining('1 to 7') })
  })

  it('keeps so many days and bytes: what is older goes at once, with an entry, and the rest is verifiable', async () => {
    const at = (day: number) => new Date(Date.parse(EARLY) + day * 86_400_000).toISOString()
    await store.commit(upTo(20).map((day) => entry({ at: at(day) })))
    const now = () => new Date(at(25))
    await openAuditRetention({ store, now }, { days: 400, bytes: 2 ** 30 }).tidy()
    expect(await all(), 'within the limits').toHaveLength(20)
    const byAge = openAuditRetention({ store, now }, { days: 10, bytes: 2 ** 30 })
    await byAge.tidy()
    expect((await all()).map(({ number }) => number)).toEqual([15, 16, 17, 18, 19, 20, 21])
    expect((await all()).at(-1)).toMatchObject({ action: RETENTION_ACTION, who: { kind: 'controller' } })
    await byAge.tidy()
    expect(await verified()).toMatchObject({ fault: undefined, first: 15, count: 7 })
    const pages = 3_000
    for (let done = 0; done < pages; done += 1_000)
      await store.commit(upTo(1_000).map(() => entry({ at: at(24), reason: 'x'.repeat(500) })))
    await openAuditRetention({ store, now }, { days: 400, bytes: 2 * 2 ** 20 }).tidy()
    const left = await all()
    expect(left.length).toBeGreaterThan(900)
    expect(Buffer.byteLength(JSON.stringify(left))).toBeLessThan(2.5 * 2 ** 20)
    expect(await verified()).toMatchObject({ fault: undefined, head: { number: left.at(-1)?.number } })
  })

  it('refuses to change an entry, and PostgreSQL to delete one', async () => {
    await store.commit([entry()])
    await close()
    await expect(database.sql("UPDATE audit SET hash = 'x'")).rejects.toThrow(/append-only/)
    if (backend.name !== 'SQLite') {
      await expect(database.sql('DELETE FROM audit')).rejects.toThrow(/append-only/)
      await expect(database.sql('TRUNCATE audit')).rejects.toThrow(/append-only/)
    }
    store = await database.open()
    other = store
    expect(await all()).toHaveLength(1)
  })

  const as = (text: string) => (backend.name === 'SQLite' ? text : `(${text})::json`)
  it.each<[string, number, () => string]>([
    [
      'changed',
      5,
      () =>
        `UPDATE audit SET content = ${as(`replace(content${backend.name === 'SQLite' ? '' : '::text'}, 'alice', 'mallory')`)} WHERE number = 5`,
    ],
    ['removed', 5, () => 'DELETE FROM audit WHERE number = 5'],
    [
      'removed, and the others renumbered',
      5,
      () =>
        'DELETE FROM audit WHERE number = 5; UPDATE audit SET number = number - 1 WHERE number = 6; UPDATE audit SET number = number - 1 WHERE number = 7; UPDATE audit SET number = number - 1 WHERE number = 8',
    ],
    ['inserted', 9, () => 'INSERT INTO audit SELECT 9, content, previous, hash FROM audit WHERE number = 8'],
    [
      'exchanged with the next one',
      5,
      () =>
        'UPDATE audit SET number = 100 WHERE number = 5; UPDATE audit SET number = 5 WHERE number = 6; UPDATE audit SET number = 6 WHERE number = 100',
    ],
  ])('tells which entry was %s', async (_, number, sql) => {
    await store.commit(upTo(8).map((count) => entry({ count })))
    expect((await verified()).fault).toBeUndefined()
    await tamper(sql())
    expect((await verified()).fault?.number).toBe(number)
  })

  it('tells that entries at the end are missing, or were written again, by a head that was noted', async () => {
    await store.commit(upTo(8).map((count) => entry({ count })))
    const noted = await store.auditHead()
    if (!noted) throw new Error('there is no head')
    const faultWith = async () => {
      const check = openChainCheck([noted])
      for (const each of await all()) check.add(each)
      return check.end().fault
    }
    await store.commit([entry()])
    expect(await faultWith()).toBeUndefined()
    await tamper('DELETE FROM audit WHERE number >= 7')
    expect(await verified(), 'the chain alone cannot tell').toMatchObject({ fault: undefined, count: 6 })
    expect(await faultWith()).toMatchObject({ number: 7 })
    await store.commit(upTo(4).map(() => entry({ at: EARLY, count: 1_000 })))
    expect(await faultWith()).toMatchObject({ number: 8 })
  })
})
