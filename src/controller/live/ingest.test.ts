import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { cluster, EARLY, node, run } from '../../../test/support/controller/member.ts'
import type { UpFrame } from '../../protocol/wire/frames.ts'
import { ALONE } from '../peers/peers.ts'
import { openTurns } from '../reconcile/turns.ts'
import type { Store } from '../store/port.ts'
import { openSqliteStore } from '../store/sqlite/store.ts'
import { Changes } from './changes.ts'
import { type Ingesting, ingest } from './ingest.ts'
import { NOBODY } from './presence.ts'

const one = node({ state: 'PROVISIONING' })
const ended = run({ id: 'r-ended00000', state: 'done', endedAt: EARLY })
const expired = run({ id: 'r-expired000', state: 'expired', generation: 3, seq: 3 })
const current = run({ id: 'r-current000', generation: 2, seq: 2 })

let directory: string
let store: Store
let refused: string[]
let due: string[]
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ingest-'))
  store = openSqliteStore(join(directory, 'controller.db'))
  refused = []
  due = []
  await store.commit([
    { change: 'add-cluster', cluster: cluster({ state: 'PROVISIONING' }) },
    { change: 'add-node', node: one },
    ...[ended, current].map((each) => ({ change: 'add-run', run: each }) as const),
  ])
})
afterEach(async () => {
  await store.close()
  rmSync(directory, { recursive: true })
})

const event = (seq: number, of: string): UpFrame => ({
  ...{ v: 1, t: 'event', id: `a${seq}`, seq, ack: 0 },
  body: { run: of, event: { kind: 'step-done', at: EARLY, step: `a/${seq}`, ms: 1 } },
})

async function receive(...frames: UpFrame[]): Promise<unknown[]> {
  const ports = {
    ...{ store, turns: openTurns(), changes: new Changes(), presence: NOBODY, peers: ALONE, live: new Map() },
    now: () => new Date(EARLY),
    refused: (reason: string) => void refused.push(reason),
  } as unknown as Ingesting
  await ingest(
    ports,
    frames.map((frame) => ({ nodeId: one.id, frame })),
    (clusterId) => void due.push(clusterId),
  )
  return (await store.eventsAfter({ after: 0 }, 100)).map(({ nodeSeq, runId }) => [nodeSeq, runId])
}

it('stores events of a run, but acknowledges and does not store those of a run that has ended', async () => {
  expect(await receive(event(1, ended.id), event(2, current.id), event(3, ended.id))).toEqual([[2, current.id]])
  expect((await store.node(one.id))?.upSeq).toBe(3)
  expect(refused).toEqual(Array(2).fill(`node ${one.id} reported events of runs that have ended`))
})

it.each([
  ['a day', '2025-12-31T00:00:00.000Z', []],
  ['less than a day', '2025-12-31T00:00:01.000Z', [[1, expired.id]]],
])('of a run that expired %s ago, and may have begun', async (_, endedAt, stored) => {
  await store.commit([{ change: 'add-run', run: { ...expired, endedAt } }])
  expect(await receive(event(1, expired.id))).toEqual(stored)
})

const said = { range: { min: 1, max: 1 }, lastSeq: 0, agentVersion: '1', nodeName: 'one', openRun: null, warnings: [] }
const hello = (bootId: string): UpFrame => ({ v: 1, t: 'hello', id: 'a1', seq: 0, ack: 0, body: { ...said, bootId } })

it('a node that comes back and says what is stored leads to no decision and no commit', async () => {
  await store.commit([{ change: 'set-run', id: current.id, to: { acknowledged: true } }])
  const before = (await store.load(one.clusterId))?.version
  await receive(hello(one.bootId))
  expect([due, (await store.load(one.clusterId))?.version]).toEqual([[], before])
  await receive(hello('another boot'))
  expect(due).toEqual([one.clusterId])
  expect((await store.node(one.id))?.bootId).toBe('another boot')
})

it('decisions are due about a node that was silent', async () => {
  await store.commit([{ change: 'set-node', id: one.id, to: { silent: 'unreachable' } }])
  await receive(hello(one.bootId))
  expect(due).toEqual([one.clusterId])
})

it('acknowledges and does not store events of a run of another node', async () => {
  expect(await receive(event(1, 'r-foreign000'))).toEqual([])
  expect((await store.node(one.id))?.upSeq).toBe(1)
})
