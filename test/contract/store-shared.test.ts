/** What controllers share in one PostgreSQL database. A database of one process has none of it. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Change } from '../../src/controller/domain/change.ts'
import type { Store } from '../../src/controller/store/port.ts'
import type { Notice, Shared } from '../../src/controller/store/shared.ts'
import { type Database, postgresBackend, sqliteBackend } from '../support/controller/backends.ts'
import { cluster, node } from '../support/controller/member.ts'
import { waitFor } from '../support/wait-for.ts'

const added: Change[] = [
  { change: 'add-cluster', cluster: cluster() },
  { change: 'add-node', node: node() },
]
const clusterId = cluster().id
const setAttempt = (attempt: number): Change[] => [{ change: 'set-cluster', id: clusterId, to: { attempt } }]

it('with SQLite, every commit is of the controller that decides', async () => {
  const database = await sqliteBackend().database()
  const store = await database.open()
  await store.commit(added)
  expect(store.shared).toBeUndefined()
  expect(await store.commit(setAttempt(1), { clusterId, version: 0, lease: 7, touched: [], isUndecided: true })).toBe(
    true,
  )
  await store.close()
  await database.remove()
})

describe('PostgreSQL', () => {
  const backend = postgresBackend()
  let database: Database
  let a: Store & { shared: Shared }
  let b: Store & { shared: Shared }
  const notices: (Notice | 'lost')[] = []

  beforeAll(() => backend.start())
  afterAll(() => backend.stop())
  beforeEach(async () => {
    database = await backend.database()
    const [first, second] = await database.openTwice()
    if (!first.shared || !second.shared) throw new Error('the database is not shared')
    a = { ...first, shared: first.shared }
    b = { ...second, shared: second.shared }
    notices.length = 0
    b.shared.listen((notice) => void notices.push(notice))
    await a.commit(added)
    await a.shared.register({ place: 'a', urls: ['https://a:1'], version: '1' })
    await b.shared.register({ place: 'b', urls: ['https://b:1'], version: '2' })
  })
  afterEach(async () => {
    await a.close()
    await b.close()
    await database.remove()
  })

  const lapse = (place: string) =>
    database.sql(`UPDATE controllers SET alive_until = clock_timestamp() - interval '1 s' WHERE place = '${place}'`)
  const receives = (notice: object) =>
    waitFor(JSON.stringify(notice), () => notices.some((each) => JSON.stringify(each) === JSON.stringify(notice)))
  const versionOf = async (of: Store) => (await of.load(clusterId))?.version ?? -1

  it('shows the controllers, and the time of the database', async () => {
    const { id, controllers, now, hadLapsed } = await a.shared.beat()
    expect(controllers).toHaveLength(2)
    expect(controllers).toContainEqual({ id, urls: ['https://a:1'], version: '1', bundles: [] })
    expect(Math.abs(now.getTime() - Date.now())).toBeLessThan(5_000)
    expect(hadLapsed).toBe(false)
  })

  it('gives the lease of a cluster to one controller, until its registration lapses', async () => {
    const asked = await Promise.all([a, b, a, b].map(({ shared }) => shared.lease(clusterId)))
    const holders = asked.flatMap((lease, at) => (lease === undefined ? [] : [at % 2]))
    expect(new Set(holders).size, 'one of them has it').toBe(1)
    const [holder, other] = holders[0] === 0 ? [a, b] : [b, a]
    const { held } = await holder.shared.beat()
    const seen = await other.shared.beat()
    expect([held.size, seen.held.size, seen.elsewhere]).toEqual([1, 0, new Set([clusterId])])

    await lapse(holder === a ? 'a' : 'b')
    const taken = await other.shared.beat()
    expect(taken.held.get(clusterId)).toBeGreaterThan(held.get(clusterId) ?? 0)
    const back = await holder.shared.beat()
    expect([back.held.size, back.elsewhere]).toEqual([0, new Set([clusterId])])
  })

  it('refuses a commit that was decided with a lease that another controller has taken', async () => {
    const lease = await a.shared.lease(clusterId)
    const version = await versionOf(a)
    expect(await a.commit(setAttempt(1), { clusterId, version, lease })).toBe(true)
    const next = await versionOf(a)
    await lapse('a')
    expect(await a.commit(setAttempt(2), { clusterId, version: next, lease }), 'nobody else has it yet').toBe(true)
    const decidedOn = await versionOf(a)
    const { held } = await b.shared.beat()
    const taken = await versionOf(b)
    expect(taken, 'also what rests on data that was read before is refused').toBeGreaterThan(decidedOn)
    expect(await a.commit(setAttempt(3), { clusterId, version: decidedOn })).toBe(false)
    expect(await a.commit(setAttempt(3), { clusterId, version: taken, lease })).toBe(false)
    expect(await a.commit(setAttempt(3), { clusterId, version: taken }), 'a report of a node needs no lease').toBe(true)
    expect(await b.commit(setAttempt(4), { clusterId, version: taken + 1, lease: held.get(clusterId) })).toBe(true)
  })

  it('frees the leases of a controller that leaves, or starts again', async () => {
    await a.shared.beat()
    await a.shared.leave()
    expect((await b.shared.beat()).held.size).toBe(1)
    await b.shared.register({ place: 'b', urls: [], version: '2' })
    expect((await b.shared.beat()).held.size, 'its earlier process is gone').toBe(1)
  })

  it('says that a registration had lapsed, and registers again', async () => {
    await database.sql('DELETE FROM controllers')
    expect(await a.shared.beat()).toMatchObject({ hadLapsed: true, controllers: [{ urls: ['https://a:1'] }] })
    expect(await a.shared.beat()).toMatchObject({ hadLapsed: false })
  })

  it('announces the commits of others at once, with ids only', async () => {
    const version = await versionOf(a)
    await a.commit(setAttempt(1), { clusterId, version, touched: [node().id], isUndecided: true })
    await receives({ kind: 'cluster', id: clusterId, nodes: [node().id], undecided: true })
    const many = Array.from({ length: 5_000 }, (_, at) => `n-${at}`)
    await a.commit(setAttempt(2), { clusterId, version: version + 1, touched: many })
    await receives({ kind: 'cluster', id: clusterId })
    const count = notices.length
    await b.commit(setAttempt(3), { clusterId, version: version + 2 })
    await a.commit(setAttempt(9), { clusterId, version })
    await a.commit([{ change: 'set-node', id: node().id, to: { silent: 'no' } }])
    await a.shared.post((await b.shared.beat()).id, 'last')
    await receives({ kind: 'message' })
    expect(notices.length, 'not its own ones, nor refused ones').toBe(count + 1)
  })

  it('says that notices may have been missed when the connection was lost', async () => {
    await database.sql('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()')
    await waitFor('the loss to be reported', () => notices.includes('lost'))
    await b.shared.beat()
  })

  it('records where the session of a node is, until a later one replaces it', async () => {
    const session = { nodeId: node().id, capabilities: ['x'] }
    const [first = 0] = await a.shared.open([session])
    await receives({ kind: 'sessions', nodes: [node().id] })
    const { id } = await a.shared.beat()
    expect(await b.shared.sessions()).toEqual([{ ...session, controller: id, number: first }])
    const [second = 0] = await b.shared.open([session])
    expect(second).toBeGreaterThan(first)
    await a.shared.close(session.nodeId, first)
    expect(await a.shared.sessions([session.nodeId]), 'the later one stays').toMatchObject([{ number: second }])
    expect(await a.shared.sessions(['n-other'])).toEqual([])
    await lapse('b')
    expect(await a.shared.sessions(), 'it ends with its controller').toEqual([])
  })

  it('records the sessions of thousands of nodes at once, as after a lapse, and announces all of them', async () => {
    const ids = Array.from({ length: 5_000 }, (_, at) => `n-${String(at).padStart(10, '0')}`)
    const numbers = await a.shared.open(ids.map((nodeId) => ({ nodeId, capabilities: ['x'] })))
    expect(new Set(numbers).has(0)).toBe(false)
    const announced = () =>
      new Set(notices.flatMap((each) => (each !== 'lost' && each.kind === 'sessions' ? each.nodes : [])))
    await waitFor('all nodes to be announced', () => announced().size === ids.length)
    expect(await b.shared.sessions()).toHaveLength(ids.length)
  })

  it('ignores notices that no controller sent: any user of the database can send them', async () => {
    const strange = ['', 'no JSON', 'null', '[]', '{"from":"x"}', '{"from":"x","notice":{"kind":"other"}}']
    strange.push(
      '{"from":"x","notice":{"kind":"cluster","id":"c","nodes":7}}',
      '{"from":"x","notice":{"kind":"sessions"}}',
    )
    for (const payload of strange) await database.sql(`NOTIFY cantrip, '${payload}'`)
    await a.shared.post((await b.shared.beat()).id, 'last')
    await receives({ kind: 'message' })
    expect(notices).toEqual([{ kind: 'message' }])
  })

  it('passes messages on, each once', async () => {
    const { id } = await b.shared.beat()
    for (const at of [1, 2, 3]) await a.shared.post(id, { at })
    const from = (await a.shared.beat()).id
    expect(await a.shared.take()).toEqual([])
    const taken = await Promise.all([b.shared.take(), b.shared.take()])
    expect(taken.flat()).toEqual([1, 2, 3].map((at) => ({ from, body: { at } })))
    await a.shared.post(id, 'late')
    await database.sql("UPDATE messages SET expires_at = clock_timestamp() - interval '1 s'")
    await a.shared.beat()
    expect(await b.shared.take(), 'nobody waits for it any more').toEqual([])
  })

  it('keeps the fingerprints of the latest keys', async () => {
    const keys = (generation: number, ...fingerprints: string[]) => ({ generation, fingerprints })
    expect(await a.shared.keys()).toBeUndefined()
    await a.shared.setKeys(keys(2, 'one'))
    await b.shared.setKeys(keys(2, 'other'))
    expect(await b.shared.keys()).toEqual(keys(2, 'one'))
    await a.shared.setKeys(keys(3, 'one', 'two'))
    await b.shared.setKeys(keys(2, 'one'))
    expect(await b.shared.keys()).toEqual(keys(3, 'one', 'two'))
  })
})
