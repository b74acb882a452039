/** Outages of the database: the controller does not crash, reports errors, and continues afterwards. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer, connect as dial, type Server, type Socket } from 'node:net'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Change } from '../../src/controller/domain/change.ts'
import type { Store } from '../../src/controller/store/port.ts'
import { LIMITS } from '../../src/controller/store/postgres/connect/connection.ts'
import { LOCKS } from '../../src/controller/store/postgres/locks.ts'
import { openPostgresStore } from '../../src/controller/store/postgres/store.ts'
import { connectAgent } from '../support/controller/agent.ts'
import { cluster, node } from '../support/controller/member.ts'
import { keepScenesIn, openScene } from '../support/controller/scene.ts'
import { PostgresServer, SUPERUSER } from '../support/postgres.ts'
import { waitFor } from '../support/wait-for.ts'

let server: PostgresServer
let count = 0
const opened: Store[] = []
beforeAll(async () => {
  server = await PostgresServer.start({ hba: ['host all all 127.0.0.1/32 trust'], settings: ['fsync = off'] })
})
afterEach(async () => {
  for (const store of opened.splice(0)) await store.close()
})
afterAll(() => server?.remove())

const newDatabase = () => server.createDatabase(`outage_${++count}`)
async function open(url: string, options: Partial<Parameters<typeof openPostgresStore>[0]> = {}): Promise<Store> {
  const store = await openPostgresStore({ url, env: {}, ...options })
  opened.push(store)
  return store
}
const added: Change[] = [
  { change: 'add-cluster', cluster: cluster() },
  { change: 'add-node', node: node() },
]
const setAttempt = (attempt: number): Change[] => [{ change: 'set-cluster', id: cluster().id, to: { attempt } }]
const sessions = (where: string) =>
  `SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'outage_${count}' AND ${where}`

test('a store with lost connections reconnects', async () => {
  const url = await newDatabase()
  const store = await open(url)
  await store.commit(added)
  const ended = await server.query('postgres', sessions('true'))
  expect(ended.length).toBeGreaterThan(0)
  await waitFor('the store to commit again', () => store.commit(setAttempt(1)).catch(() => false), { everyMs: 5 })
  expect((await store.cluster(cluster().id))?.attempt).toBe(1)
})

test('a killed server: requests meanwhile fail with a remedy, and later requests work', async () => {
  const store = await open(await newDatabase())
  await store.commit(added)
  await server.kill()
  // Its processes end by themselves, and some may answer until then.
  await waitFor(
    'the first refusal',
    () =>
      store.clusters().then(
        () => false,
        () => true,
      ),
    { everyMs: 5 },
  )
  for (const ask of [
    store.clusters,
    () => store.load(cluster().id),
    () => store.commit(setAttempt(1)),
    store.lastEvent,
  ]) {
    await expect(ask()).rejects.toMatchObject({
      code: 'store/unreachable',
      kind: 'unreachable',
      fix: expect.stringContaining('pg_isready'),
    })
  }
  await server.boot()
  expect(await store.commit(setAttempt(2))).toBe(true)
  expect((await store.cluster(cluster().id))?.attempt).toBe(2)
})

test('a query that exceeds its time limit is cancelled, and the connection serves the next query', async () => {
  const url = await newDatabase()
  const store = await open(url, { limits: { ...LIMITS, statementMs: 300 } })
  await store.commit(added)
  const name = `outage_${count}`
  const holding = server.query(
    name,
    'BEGIN; LOCK TABLE clusters IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(1.5); COMMIT',
  )
  await waitFor(
    'the lock',
    async () =>
      (await server.query(name, "SELECT 1 FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted")).length > 0,
  )
  await expect(store.commit(setAttempt(1))).rejects.toMatchObject({ code: 'store/slow', kind: 'unreachable' })
  await expect(store.clusters()).rejects.toMatchObject({ code: 'store/slow' })
  await holding
  expect(await store.commit(setAttempt(2))).toBe(true)
})

test('a start does not wait for ever for another one that updates the schema', async () => {
  const url = await newDatabase()
  const name = `outage_${count}`
  const { cantrip, migrations } = LOCKS
  const holding = server.query(name, `SELECT pg_advisory_lock(${cantrip}, ${migrations}), pg_sleep(3)`)
  const held = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted"
  await waitFor('the lock', async () => (await server.query(name, held)).length > 0)
  await expect(open(url, { limits: { ...LIMITS, statementMs: 300 } })).rejects.toMatchObject({
    code: 'store/migrating',
    kind: 'unreachable',
    fix: expect.stringContaining('pg_locks'),
  })
  await holding
  await open(url)
})

test('at most ten connections serve requests', async () => {
  const store = await open(await newDatabase())
  const name = `outage_${count}`
  await store.commit(added)
  await Promise.all(Array.from({ length: 100 }, () => store.load(cluster().id)))
  const sql = 'SELECT count(*) AS count FROM pg_stat_activity WHERE datname = current_database()'
  // The query itself has a connection too, and those of the start may take a moment to end.
  await waitFor('10 connections', async () => Number((await server.query(name, sql))[0]?.count) === 11)
})

test('a network that drops all packets: the wait for an answer times out', async () => {
  const database = await newDatabase().then(() => `outage_${count}`)
  const wire = await openWire(server.port)
  const limits = { connectMs: 1_000, statementMs: 300, answerMs: 600 }
  const store = await open(`postgres://${SUPERUSER}@127.0.0.1:${wire.port}/${database}`, { limits })
  await store.commit(added)
  wire.swallow(true)
  await expect(store.commit(setAttempt(1))).rejects.toMatchObject({ code: 'store/unreachable' })
  await expect(store.clusters()).rejects.toMatchObject({ code: 'store/unreachable' })
  wire.swallow(false)
  wire.cut()
  await waitFor('the store to commit again', () => store.commit(setAttempt(2)).catch(() => false))
  await store.close()
  opened.pop()
  wire.close()
})

test('a server that does not answer any more does not block the end of the store', async () => {
  const database = await newDatabase().then(() => `outage_${count}`)
  const wire = await openWire(server.port)
  const store = await openPostgresStore({
    url: `postgres://${SUPERUSER}@127.0.0.1:${wire.port}/${database}`,
    env: {},
    limits: { connectMs: 1_000, statementMs: 300, answerMs: 600 },
  })
  await store.commit(added)
  wire.freeze()
  let isClosed = false
  const closing = store.close().then(() => {
    isClosed = true
  })
  await waitFor('the store to close', () => isClosed, { withinMs: 5_000 }).finally(() => wire.cut())
  await closing
  wire.close()
})

test('a controller whose database server is killed answers with 503, keeps its nodes connected, and stores their messages later', async () => {
  keepScenesIn(newDatabase)
  const scene = await openScene()
  const enrolled = await scene.enrolled('m1', ['master'])
  const [instruction] = await scene.provision(enrolled)
  await server.kill()
  const refused = await waitFor('the first refusal', async () => {
    const { status, json } = await scene.admin('GET', '/v1/clusters')
    return status === 200 ? undefined : [status, json.code]
  })
  expect(refused).toEqual([503, 'store/unreachable'])
  enrolled.agent.send('result', { run: instruction?.run ?? '', outcome: 'done' }, 1)
  await enrolled.agent.closed
  await expect(scene.controller.tick()).rejects.toMatchObject({ code: 'store/unreachable' })
  await server.boot()
  const again = await connectAgent(scene.controller, enrolled.node, enrolled.agent.lastSeq)
  again.send('result', { run: instruction?.run ?? '', outcome: 'done' }, 1)
  await again.next('ack')
  await scene.shows(enrolled, 'its run done', ({ run }) => run?.state === 'done')

  await server.kill()
  await scene.close()
  await server.boot()
})

/** A proxy between a store and its server, which forwards or drops data. */
async function openWire(port: number) {
  let isSwallowing = false
  const sockets = new Set<Socket>()
  const listener: Server = createServer((near) => {
    const far = dial(port, '127.0.0.1')
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from)
      from.on('data', (data) => isSwallowing || to.write(data))
      from.on('error', () => undefined)
      from.on('close', () => to.destroy())
    }
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    port: (listener.address() as AddressInfo).port,
    swallow: (value: boolean) => {
      isSwallowing = value
    },
    /** Reads nothing any more, not even that the other side has closed. */
    freeze: () => {
      for (const socket of sockets) socket.pause()
    },
    cut: () => {
      for (const socket of sockets) socket.destroy()
    },
    close: () => listener.close(),
  }
}
