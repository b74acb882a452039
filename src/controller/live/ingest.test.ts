import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { facts } from '../../../test/support/controller/agent.ts'
import { cluster, EARLY, node, run } from '../../../test/support/controller/member.ts'
import type { UpFrame } from '../../protocol/wire/frames.ts'
import { ALONE } from '../peers/peers.ts'
import { openTurns } from '../reconcile/turns.ts'
import type { Quota } from '../retention/limits.ts'
import { openRunQuotas } from '../retention/run-quotas.ts'
import type { Store } from '../store/port.ts'
import { openSqliteStore } from '../store/sqlite/store.ts'
import { Changes } from './changes.ts'
import { type Ingesting, ingest } from './ingest.ts'
import { Operations } from './operations.ts'
import { NOBODY } from './presence.ts'

const one = node({ state: 'PROVISIONING' })
const ended = run({ id: 'r-ended00000', state: 'done', endedAt: EARLY })
const expired = run({ id: 'r-expired000', state: 'expired', generation: 3, seq: 3 })
const current = run({ id: 'r-current000', generation: 2, seq: 2 })

let directory: string
let store: Store
let refused: string[]
let due: string[]
let quota: Quota
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'ingest-'))
  store = openSqliteStore(join(directory, 'controller.db'))
  refused = []
  due = []
  quota = { events: 1_000, bytes: 1_000_000 }
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
    operations: new Operations(),
    runQuotas: openRunQuotas(store, quota),
    now: () => new Date(EARLY),
    startedAt: new Date(EARLY),
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

it('of what a node says about images that people added, only news about the images of its cluster are events', async () => {
  const digest = `sha256:${'0'.repeat(64)}`
  const image = { name: 'registry.example/team/tool:v1', digest, addedAt: EARLY }
  const archives = { x64: { digest, sha256: '1'.repeat(64), size: 1 } }
  const added = { name: image.name, archives, pinned: true, addedAt: EARLY, addedBy: 'alice' }
  await store.commit([{ change: 'set-cluster', id: one.clusterId, to: { images: [added] } }])
  const failed = (code: string, message: string) => ({ ...image, problem: { code, message, fix: 'make room' } })
  const say = async (...addedImages: object[]) => {
    await receive({ v: 1, t: 'facts', id: 'a1', seq: 0, ack: 0, body: { ...facts, addedImages } } as UpFrame)
    const events = await store.eventsAfter({ after: 0 }, 100)
    return events.flatMap(({ event }) => (event.kind === 'image-state' ? [event.error?.code ?? event.state] : []))
  }
  await say(failed('images/node-full', 'found 1 MiB'))
  expect(await say(failed('images/node-full', 'found 2 MiB'))).toEqual(['images/node-full'])
  expect(await say(failed('images/not-fetched', 'cut'))).toEqual(['images/node-full', 'images/not-fetched'])
  const others = [
    { ...image, name: 'registry.example/team/other:v1' },
    { ...image, digest: `sha256:${'2'.repeat(64)}` },
    { ...image, addedAt: '2026-01-02T00:00:00.000Z' },
  ]
  expect(await say(...others)).toHaveLength(2)
  expect(await say(image, image)).toEqual(['images/node-full', 'images/not-fetched', 'here'])
})

it('decisions are due about a node that was silent', async () => {
  await store.commit([{ change: 'set-node', id: one.id, to: { silent: 'unreachable' } }])
  await receive(hello(one.bootId))
  expect(due).toEqual([one.clusterId])
})

it('an event that the data of etcd is replaced, of a run that expired, is about the other masters too', async () => {
  const master = node({ id: 'n-bbbbbbbbbb', name: 'two', state: 'READY', place: { task: 'master', reached: 'done' } })
  const restore = { id: 'r-bbbbbbbbbb', source: 'one', backup: null, nodes: ['one'] }
  const its = { role: 'restore-etcd', repair: true, endedAt: EARLY, payload: JSON.stringify({ restore }) } as const
  await store.commit([
    { change: 'add-node', node: master },
    { change: 'add-run', run: { ...expired, ...its } },
  ])
  const done = { kind: 'step-done', at: EARLY, step: 'a/1', ms: 1, marks: 'replaces-data' } as const
  await receive({ ...event(1, expired.id), t: 'event', body: { run: expired.id, event: done } })
  const rejoin = { recovery: restore.id, survivor: 'one', since: EARLY }
  expect((await store.node(master.id))?.rejoin).toEqual(rejoin)
})

it('acknowledges and does not store events of a run of another node', async () => {
  expect(await receive(event(1, 'r-foreign000'))).toEqual([])
  expect((await store.node(one.id))?.upSeq).toBe(1)
})

it('stores the step details of a run up to its quota, its failures a little beyond, and always its result', async () => {
  quota = { events: 8, bytes: 1_000_000 }
  const failed = (seq: number): UpFrame => ({
    ...{ v: 1, t: 'event', id: `a${seq}`, seq, ack: 0 },
    body: {
      run: current.id,
      event: { kind: 'step-failed', at: EARLY, step: 'a', error: { code: 'a/b', message: 'm', fix: 'f' } },
    },
  })
  const details = Array.from({ length: 6 }, (_, at) => event(at + 1, current.id))
  expect(await receive(...details)).toHaveLength(6)
  const more = Array.from({ length: 6 }, (_, at) => event(at + 7, current.id))
  expect(await receive(...more), 'counted from the store').toHaveLength(8)
  expect(await receive(failed(13), failed(14), failed(15))).toHaveLength(10)
  expect(refused).toEqual(Array(5).fill(`node ${one.id} reported more events of a run than are stored`))
  const result = { run: current.id, outcome: 'done' } as const
  await receive({ ...{ v: 1, t: 'result', id: 'r', seq: 16, ack: 0 }, body: result })
  expect(await store.run(current.id)).toMatchObject({ state: 'done' })
  expect((await store.node(one.id))?.upSeq).toBe(16)
})

it('counts the bytes of events', async () => {
  quota = { events: 1_000, bytes: 500 }
  const details = Array.from({ length: 50 }, (_, at) => event(at + 1, current.id))
  expect((await receive(...details)).length).toBeLessThan(10)
})
