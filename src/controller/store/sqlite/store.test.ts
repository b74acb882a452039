import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { cluster as clusterWith, node, run } from '../../../../test/support/controller/member.ts'
import { ClusterSettings } from '../../../protocol/settings/cluster-settings.ts'
import { DECISIVE_RUNS } from './decisive-runs.ts'
import { MIGRATIONS } from './schema.ts'
import { openSqliteStore } from './store.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'store-'))
})
afterEach(() => rmSync(directory, { recursive: true }))
const path = () => join(directory, 'controller.db')

const cluster = clusterWith({ settings: ClusterSettings.parse({ labels: { a: 'b' } }) })
it('reads what the build before wrote, with the defaults of what it lacks', async () => {
  const before = new DatabaseSync(path())
  for (const migration of MIGRATIONS.slice(0, 6)) before.exec(migration)
  before.exec('PRAGMA user_version = 6')
  before
    .prepare(
      `INSERT INTO clusters (id, name, state, settings, desired, attempt, created_at) VALUES (?, 'old', 'NEW', '{}', 'none', 0, ?)`,
    )
    .run(cluster.id, cluster.createdAt)
  before.close()
  const store = openSqliteStore(path())
  expect((await store.load(cluster.id))?.cluster).toEqual({
    ...cluster,
    name: 'old',
    settings: ClusterSettings.parse({}),
    credentials: [expect.objectContaining({ name: 'old', serial: null })],
  })
  await store.commit([{ change: 'add-node', node: node() }])
  expect(await store.nodesOf(cluster.id)).toEqual([node()])
  await store.close()
})

it('remembers records, which nobody can change, until they are changed or removed', async () => {
  const store = openSqliteStore(path())
  await store.commit([
    { change: 'add-cluster', cluster },
    { change: 'add-node', node: node() },
    { change: 'add-run', run: run() },
  ])
  const first = await store.node(node().id)
  expect(await store.node(node().id)).toBe(first)
  expect(() => first?.roles.push('worker')).toThrow('not extensible')
  await store.commit([{ change: 'set-node', id: node().id, to: { upSeq: 7 } }])
  expect(await store.nodesOf(cluster.id)).toEqual([{ ...first, upSeq: 7 }])
  expect(await store.run(run().id)).toEqual(run())
  const failing = [
    { change: 'set-node', id: node().id, to: { upSeq: 8 } },
    { change: 'add-node', node: node() },
  ] as const
  await expect(store.commit(failing)).rejects.toThrow('UNIQUE')
  expect((await store.load(cluster.id))?.nodes).toEqual([{ ...first, upSeq: 7 }])
  await store.commit([{ change: 'remove-node', id: node().id }])
  expect([await store.node(node().id), await store.run(run().id)]).toEqual([undefined, undefined])
  await store.close()
})

it('reads a record again only after a change of its JSON, and remembers what is stored', async () => {
  const before = openSqliteStore(path())
  await before.commit([
    { change: 'add-cluster', cluster },
    { change: 'add-node', node: node({ roles: ['worker'] }) },
    { change: 'add-run', run: run() },
  ])
  const first = await before.node(node().id)
  await before.run(run().id)
  const to = { lastSeen: '2026-02-03T04:05:06.000Z', bootId: 'a\0b', upSeq: 7, silent: 'suspect' } as const
  await before.commit([
    { change: 'set-node', id: node().id, to },
    { change: 'set-run', id: run().id, to: { cancel: true, acknowledged: false, endedAt: null } },
  ])
  const remembered = [await before.node(node().id), await before.run(run().id)]
  expect(remembered).toMatchObject([
    { ...to, bootId: 'a\uFFFDb' },
    { cancel: true, acknowledged: false },
  ])
  expect((await before.node(node().id))?.roles).toBe(first?.roles)
  await before.commit([{ change: 'set-node', id: node().id, to: { roles: ['master'] } }])
  const last = await before.node(node().id)
  expect(last).toEqual({ ...remembered[0], roles: ['master'] })
  await before.close()
  const after = openSqliteStore(path())
  expect([await after.node(node().id), await after.run(run().id)]).toEqual([last, remembered[1]])
  await after.close()
})

it('belongs to one controller at a time', async () => {
  const store = openSqliteStore(path())
  expect(() => openSqliteStore(path())).toThrow(expect.objectContaining({ code: 'store/locked' }))
  await store.close()
})

it('refuses what a newer controller wrote', async () => {
  await openSqliteStore(path()).close()
  const sql = new DatabaseSync(path())
  sql.exec('PRAGMA user_version = 99')
  sql.close()
  expect(() => openSqliteStore(path())).toThrow(expect.objectContaining({ code: 'store/newer-schema' }))
})

it('finds the runs that decide without reading all of them', () => {
  const sql = new DatabaseSync(':memory:')
  for (const migration of MIGRATIONS) sql.exec(migration)
  const plan = sql.prepare(`EXPLAIN QUERY PLAN ${DECISIVE_RUNS}`).all({ cluster: 'c', also: '[]' })
  const looks = plan.map(({ detail }) => String(detail)).filter((detail) => / runs /.test(detail))
  const [whole, ...ids] = looks
  expect(whole).toBe('SEARCH runs USING PRIMARY KEY (id=?)')
  expect(ids).toEqual(ids.map(() => 'SEARCH runs USING COVERING INDEX runs_of_node (node_id=?)'))
  expect(ids).toHaveLength(3)
  sql.close()
})
