import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { cluster as clusterWith } from '../../../test/support/controller/member.ts'
import { ClusterSettings } from '../../protocol/settings/cluster-settings.ts'
import { openStore } from './store.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'store-'))
})
afterEach(() => rmSync(directory, { recursive: true }))
const path = () => join(directory, 'controller.db')

const cluster = clusterWith({ settings: ClusterSettings.parse({ labels: { a: 'b' } }) })

it('gives back what was stored, after it was closed and opened again', () => {
  const first = openStore(path())
  first.clusters.insert(cluster)
  first.clusters.update(cluster.id, { state: 'FAILED', error: { code: 'a', message: 'b', fix: 'c' } })
  first.close()
  const second = openStore(path())
  const error = { code: 'a', message: 'b', fix: 'c' }
  expect(second.clusters.get(cluster.id)).toEqual({ ...cluster, state: 'FAILED', error })
  second.close()
})

it('takes a transaction back as a whole, nested ones included', () => {
  const store = openStore(path())
  const work = () =>
    store.transaction(() => {
      store.transaction(() => store.clusters.insert(cluster))
      throw new Error('on purpose')
    })
  expect(work).toThrow('on purpose')
  expect(store.clusters.where('1')).toEqual([])
  store.close()
})

it('numbers events, and refuses a message of a node that it has already', () => {
  const store = openStore(path())
  store.clusters.insert(cluster)
  const event = { kind: 'cluster-state', at: cluster.createdAt, state: 'READY' } as const
  const told = { at: event.at, clusterId: cluster.id, nodeId: 'n-a', nodeSeq: 1, runId: null, event }
  store.tell(told)
  store.tell({ ...told, nodeId: null, nodeSeq: null })
  expect(store.lastEvent()).toBe(2)
  expect(() => store.tell(told)).toThrow(/UNIQUE/)
  store.close()
})

it('belongs to one controller at a time', () => {
  const store = openStore(path())
  expect(() => openStore(path())).toThrow(expect.objectContaining({ code: 'store/locked', kind: 'invalid' }))
  store.close()
})

it('refuses what a newer controller wrote', () => {
  openStore(path()).close()
  const sql = new DatabaseSync(path())
  sql.exec('PRAGMA user_version = 99')
  sql.close()
  expect(() => openStore(path())).toThrow(expect.objectContaining({ code: 'store/newer-schema' }))
})
