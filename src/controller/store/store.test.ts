import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { cluster as clusterWith, node } from '../../../test/support/controller/member.ts'
import { ClusterSettings } from '../../protocol/settings/cluster-settings.ts'
import type { NewEvent } from '../domain/records.ts'
import { MIGRATIONS } from './sqlite/schema.ts'
import { openSqliteStore } from './sqlite/store.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'store-'))
})
afterEach(() => rmSync(directory, { recursive: true }))
const path = () => join(directory, 'controller.db')

const cluster = clusterWith({ settings: ClusterSettings.parse({ labels: { a: 'b' } }) })
const added = { change: 'add-cluster', cluster } as const
const event = { kind: 'cluster-state', at: cluster.createdAt, state: 'READY' } as const
const told: NewEvent = { at: event.at, clusterId: cluster.id, nodeId: 'n-a', nodeSeq: 1, runId: null, event }

it('gives back what was stored, after it was closed and opened again', async () => {
  const error = { code: 'a', message: 'b', fix: 'c' }
  const first = openSqliteStore(path())
  await first.commit([added, { change: 'set-cluster', id: cluster.id, to: { state: 'FAILED', error } }])
  await first.close()
  const second = openSqliteStore(path())
  expect(await second.cluster(cluster.id)).toEqual({ ...cluster, state: 'FAILED', error })
  await second.close()
})

it('takes a commit back as a whole', async () => {
  const store = openSqliteStore(path())
  await expect(store.commit([added, added])).rejects.toThrow(/UNIQUE/)
  expect(await store.clusters()).toEqual([])
  await store.close()
})

it('commits what rests on the version that is there, and changes nothing otherwise', async () => {
  const store = openSqliteStore(path())
  await store.commit([added])
  const rename = (name: string) => [{ change: 'set-cluster', id: cluster.id, to: { name } } as const]
  const expected = { clusterId: cluster.id, version: (await store.load(cluster.id))?.version ?? -1 }
  expect(await store.commit(rename('first'), expected)).toBe(true)
  expect(await store.commit(rename('second'), expected)).toBe(false)
  expect((await store.load(cluster.id))?.cluster.name).toBe('first')
  await store.commit([{ change: 'remove-cluster', id: cluster.id }])
  expect(await store.commit(rename('third'), expected)).toBe(false)
  await store.close()
})

it('numbers events, and refuses a message of a node that it has already', async () => {
  const store = openSqliteStore(path())
  await store.commit([added, { change: 'add-event', event: told }])
  await store.commit([{ change: 'add-event', event: { ...told, nodeId: null, nodeSeq: null } }])
  expect(await store.lastEvent()).toBe(2)
  expect((await store.eventsAfter({ after: 0, node: 'n-a' }, 10)).map(({ seq }) => seq)).toEqual([1])
  await expect(store.commit([{ change: 'add-event', event: told }])).rejects.toThrow(/UNIQUE/)
  await store.close()
})

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
  })
  await store.commit([{ change: 'add-node', node: node() }])
  expect(await store.nodesOf(cluster.id)).toEqual([node()])
  await store.close()
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
