/** Snapshots of a store, and the copies that are filled from them, between both backends. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Change } from '../../src/controller/domain/change.ts'
import { type Entry, summaryOf } from '../../src/controller/store/entries.ts'
import type { Store } from '../../src/controller/store/port.ts'
import { RECORDS } from '../../src/controller/store/record-kinds.ts'
import { auditContent } from '../support/controller/audit.ts'
import { type Database, postgresBackend, sqliteBackend } from '../support/controller/backends.ts'
import { cluster } from '../support/controller/member.ts'
import { addEvents, fullCluster } from '../support/controller/records.ts'

const backends = [sqliteBackend(), postgresBackend()]
beforeAll(() => Promise.all(backends.map((each) => each.start())))
afterAll(() => Promise.all(backends.map((each) => each.stop())))

const audit: Change[] = ['a', 'b\ud800'].map((reason) => ({
  change: 'add-audit-entry',
  content: auditContent({ reason }),
}))

async function withStore<T>(database: Database, work: (store: Store) => Promise<T>): Promise<T> {
  const store = await database.open()
  try {
    return await work(store)
  } finally {
    await store.close()
  }
}

async function entriesOf(store: Store): Promise<Entry[]> {
  const found: Entry[] = []
  for await (const entry of store.snapshot()) found.push(entry)
  return found
}

describe.each(backends)('from $name', (from) => {
  it.each(backends)('to $name: all records are the same, and numbers of events continue', async (to) => {
    const [source, target] = [await from.database(), await to.database()]
    await withStore(source, (store) => store.commit([...fullCluster(), ...addEvents(250), ...audit]))
    const entries = await withStore(source, entriesOf)
    const summary = await withStore(target, (store) => store.fill(entries))
    expect(summary.counts).toEqual({
      clusters: 1,
      nodes: 2,
      enrolments: 1,
      runs: 2,
      events: 250,
      administrators: 1,
      accounts: 1,
      user_sessions: 1,
      api_tokens: 1,
      answers: 1,
      audit: 2,
    })
    await withStore(target, async (store) => {
      expect(await entriesOf(store)).toEqual(entries)
      expect(await store.lastEvent()).toBe(250)
      const found = await store.load(cluster().id)
      expect(found).toMatchObject({ version: 0, nodes: [{}, {}] })
      expect(await store.commit(addEvents(1, 1_000), { clusterId: cluster().id, version: 0 })).toBe(true)
      expect(await store.lastEvent()).toBe(251)
    })
    for (const each of [source, target]) await each.remove()
  })
})

describe.each(backends)('$name', (backend) => {
  const filled = async () => {
    const database = await backend.database()
    await withStore(database, (store) => store.commit([...fullCluster(), ...addEvents(5)]))
    return database
  }

  it('has no table that a copy would miss', async () => {
    const database = await backend.database()
    await withStore(database, async () => undefined)
    const known = [
      ...RECORDS.map(({ table }) => table),
      'cluster_versions',
      'event_numbers',
      'schema_version',
      'settings',
      // Of the controllers that use the database now, not of what they control.
      ...['shared_keys', 'controllers', 'sessions', 'messages'],
    ]
    expect((await database.tables()).filter((table) => !known.includes(table))).toEqual([])
    await database.remove()
  })

  it('reads a snapshot as of its beginning, while others commit', async () => {
    const database = await filled()
    await withStore(database, async (store) => {
      const snapshot = store.snapshot()
      const first = await snapshot.next()
      await store.commit([...addEvents(3, 100), { change: 'set-cluster', id: cluster().id, to: { name: 'later' } }])
      const rest: Entry[] = []
      for await (const entry of snapshot) rest.push(entry)
      expect(first.value?.[0]).toBe('fields')
      expect(rest.filter(([kind, table]) => kind === 'record' && table === 'events')).toHaveLength(5)
      expect(rest.find(([kind, table]) => kind === 'record' && table === 'clusters')?.[2]).toMatchObject({
        name: 'demo',
      })
      expect(rest.at(-1)).toEqual(['numbers', { lastEvent: 5 }])
      expect(await store.lastEvent()).toBe(8)
    })
    await database.remove()
  })

  it('a snapshot that is not read to its end holds nothing', async () => {
    const database = await filled()
    await withStore(database, async (store) => {
      for (let at = 0; at < 15; at++) {
        const snapshot = store.snapshot()
        await snapshot.next()
        await snapshot.return(undefined)
      }
      expect(await store.commit(addEvents(1, 100))).toBe(true)
    })
    await database.remove()
  })

  it('refuses to fill a store with other records, and accepts one with the same', async () => {
    const database = await filled()
    await withStore(database, async (store) => {
      const entries = await entriesOf(store)
      expect(await store.fill(entries)).toEqual(await summaryOf(entries))
      await store.commit(addEvents(1, 100))
      await expect(store.fill(entries)).rejects.toMatchObject({
        code: 'store/not-empty',
        message: expect.stringContaining('1 clusters, 2 nodes'),
      })
    })
    await database.remove()
  })

  it.each<[string, (entries: Entry[]) => Entry[], object]>([
    ['that were cut off', (all) => all.slice(0, -1), { code: 'store/invalid-records' }],
    ['with an invalid record', (all) => [...all.slice(0, 3), ['record', 'nodes', { id: 'n' }], ...all.slice(3)], {}],
    ['of a newer build: a field', (all) => [['fields', { nodes: ['colour'] }], ...all], { code: 'backup/newer' }],
    [
      'of a newer build: a table',
      (all) => [...all.slice(0, 2), ['record', 'flags', {}], ...all],
      { code: 'backup/newer' },
    ],
  ])('fills nothing from records %s', async (_, damage, error) => {
    const source = await filled()
    const entries = await withStore(source, entriesOf)
    const target = await backend.database()
    await withStore(target, async (store) => {
      await expect(store.fill(damage(entries))).rejects.toMatchObject(error)
      expect(await store.clusters()).toEqual([])
      expect((await store.fill(entries)).counts).toMatchObject({ events: 5 })
    })
    for (const each of [source, target]) await each.remove()
  })

  it('never gives a number twice, also after all events were deleted', async () => {
    const database = await filled()
    await withStore(database, async (store) => {
      const remove: Change = { change: 'remove-cluster', id: cluster().id }
      await store.commit([remove])
      expect(await store.lastEvent()).toBe(5)
      const entries = await entriesOf(store)
      expect(entries.at(-1)).toEqual(['numbers', { lastEvent: 5 }])
    })
    await database.remove()
  })
})
