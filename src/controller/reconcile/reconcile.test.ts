import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { cluster, node, run } from '../../../test/support/controller/member.ts'
import { CAPABILITIES } from '../../protocol/wire/capabilities.ts'
import { Changes } from '../live/changes.ts'
import { Operations } from '../live/operations.ts'
import { NOBODY } from '../live/presence.ts'
import { ALONE, NOT_JOINED } from '../peers/peers.ts'
import type { Store } from '../store/port.ts'
import { openSqliteStore } from '../store/sqlite/store.ts'
import { type Reconciling, reconcile, reconcileAll } from './reconcile.ts'
import { openTurns } from './turns.ts'

let directory: string
let store: Store
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'reconcile-'))
  store = openSqliteStore(join(directory, 'controller.db'))
})
afterEach(async () => {
  await store.close()
  rmSync(directory, { recursive: true })
})

it('the periodic pass sends connected nodes what another controller has committed for them, whichever has the lease', async () => {
  const here = node({ state: 'PROVISIONING', generation: 1, downSeq: 1 })
  const away = { ...here, id: 'n-bbbbbbbbbb', name: 'two', address: '10.0.0.2' }
  await store.commit([
    { change: 'add-cluster', cluster: cluster({ state: 'PROVISIONING', desired: 'provision', attempt: 1 }) },
    ...[here, away].map((each) => ({ change: 'add-node', node: each }) as const),
    { change: 'add-run', run: run({ acknowledged: false }) },
  ])
  const delivered: string[] = []
  const ports = {
    store,
    turns: openTurns(),
    operations: new Operations(),
    changes: new Changes(),
    peers: ALONE,
    presence: {
      ...NOBODY,
      isConnected: (id: string) => id === here.id,
      deliver: (id: string) => void delivered.push(id),
    },
    now: () => new Date(here.lastSeen ?? ''),
    startedAt: new Date(0),
    log: () => undefined,
  } as unknown as Reconciling
  await reconcileAll(ports)
  await reconcileAll({ ...ports, peers: NOT_JOINED })
  const [changed] = (await store.nodesOf(here.clusterId)).filter(({ state }) => state !== 'PROVISIONING')
  expect([delivered, changed]).toEqual([[here.id, here.id], undefined])
})

it('an agent that cannot join a restored etcd beside others gets no order, but the error that it needs an update', async () => {
  const is = { state: 'READY' } as const
  const survivor = node({ ...is, place: { task: 'first-master', reached: 'done' }, roles: ['master'] })
  const rejoin = { recovery: 'r-bbbbbbbbbb', survivor: survivor.name, since: survivor.createdAt }
  const place = { task: 'master', reached: 'done' } as const
  const away = node({ ...is, id: 'n-bbbbbbbbbb', name: 'two', address: '10.0.0.2', roles: ['master'], place, rejoin })
  await store.commit([
    { change: 'add-cluster', cluster: cluster({ state: 'READY', desired: 'provision' }) },
    ...[survivor, away].map((each) => ({ change: 'add-node', node: each }) as const),
  ])
  const ports = {
    ...{ store, turns: openTurns(), operations: new Operations(), changes: new Changes(), peers: ALONE },
    presence: { ...NOBODY, capabilitiesOf: () => CAPABILITIES.filter((each) => each !== 'change/rejoin') },
    bundles: { pick: () => undefined },
    now: () => new Date(survivor.createdAt),
    startedAt: new Date(survivor.createdAt),
    log: () => undefined,
  } as unknown as Reconciling
  await reconcile(ports, survivor.clusterId, () => undefined)
  expect((await store.node(away.id))?.error?.code).toBe('agent/update-needed')
  expect(await store.openRunOf(away.id)).toBeUndefined()
})
