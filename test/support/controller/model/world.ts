import { join } from 'node:path'
import { Changes } from '../../../../src/controller/live/changes.ts'
import { Operations } from '../../../../src/controller/live/operations.ts'
import { openTurns } from '../../../../src/controller/reconcile/turns.ts'
import type { Services } from '../../../../src/controller/services.ts'
import type { Store } from '../../../../src/controller/store/port.ts'
import { openSqliteStore } from '../../../../src/controller/store/sqlite/store.ts'
import { Operation } from '../../../../src/protocol/wire/operation.ts'
import { cluster } from '../member.ts'
import type { Machine } from './machine.ts'
import { type Inside, type Retiring, takeOperation } from './masters.ts'

/** The controller's own logic on a real store, and machines that are only their essence. */
export interface World {
  core: Services
  clusterId: string
  /** By node id; also those that the controller has removed and that do not know it yet. */
  machines: Map<string, Machine>
  clock: { nowMs: number }
  /** Ids of nodes that had their roles when the cluster was asked for last. */
  asked: Set<string>
  /** What an event itself has found to be wrong. */
  wrong: string[]
  /** What clusters have of their nodes. */
  inside: Inside[]
  /** By the operator, the last time. */
  told: { atMs: number; dnsDownSinceMs: number | undefined } | undefined
  /** Operations that go on. */
  retiring: Retiring[]
  random(): number
  /** One of several; undefined where there is none. */
  pick<T>(from: readonly T[]): T | undefined
}

const START_MS = Date.parse('2026-01-01T00:00:00Z')
const BUNDLE = { name: 'b', manifestSha256: '0'.repeat(64), publicKey: '' }

export async function openWorld(directory: string, random: () => number): Promise<World> {
  const clock = { nowMs: START_MS }
  const machines = new Map<string, Machine>()
  const store: Store = openSqliteStore(join(directory, 'model.db'))
  const online = (id: string) => machines.get(id)?.isOnline === true
  let opened: World | undefined
  const world = () => {
    if (!opened) throw new Error('the world is not there yet')
    return opened
  }
  const core = {
    store,
    authority: { signInstruction: (payload: string) => ({ payload, signature: '' }) },
    bundles: { refresh: async () => undefined, pick: () => BUNDLE, names: () => ['b'] },
    changes: new Changes(),
    presence: {
      isConnected: online,
      capabilitiesOf: () => undefined,
      lastHeard: (id: string) => (online(id) ? new Date(clock.nowMs) : undefined),
      deliver: () => undefined,
      sendOperation: (id: string, { payload }: { payload: string }) =>
        takeOperation(world(), id, Operation.parse(JSON.parse(payload))),
    },
    operations: new Operations(),
    turns: openTurns(),
    live: new Map(),
    pairChecks: new Map(),
    now: () => new Date(clock.nowMs),
    startedAt: new Date(START_MS),
    log: () => undefined,
    publicUrls: [],
  } as unknown as Services
  const own = cluster({ createdAt: new Date(START_MS).toISOString() })
  await store.commit([{ change: 'add-cluster', cluster: own }])
  const pick = <T>(from: readonly T[]) => from[Math.floor(random() * from.length)]
  opened = {
    core,
    clusterId: own.id,
    machines,
    clock,
    asked: new Set(),
    wrong: [],
    inside: [],
    told: undefined,
    retiring: [],
    random,
    pick,
  }
  return opened
}
