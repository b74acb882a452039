/** The contract of the store, for each backend. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Change } from '../../src/controller/domain/change.ts'
import type { Enrolment, NewEvent } from '../../src/controller/domain/records.ts'
import type { Store } from '../../src/controller/store/port.ts'
import { ClusterSettings } from '../../src/protocol/settings/cluster-settings.ts'
import { facts } from '../support/controller/agent.ts'
import { type Database, postgresBackend, sqliteBackend } from '../support/controller/backends.ts'
import { cluster as clusterWith, EARLY, node as nodeWith, run as runWith } from '../support/controller/member.ts'
import { wellReport } from '../support/controller/well-report.ts'

const LATER = '2026-01-02T00:00:00.000Z'
const error = { code: 'a/b', message: 'c', fix: 'd' }

const cluster = clusterWith({
  state: 'REPAIRING',
  settings: ClusterSettings.parse({ labels: { a: 'b' } }),
  desired: 'provision',
  ...{ attempt: 3, repairAttempt: 2 },
  ...{ desiredAt: EARLY, readyAt: LATER, establishedAt: EARLY, reportAt: LATER },
  problems: [
    {
      ...{ code: 'node/not-ready', message: 'm', fix: 'f', subject: 'one', node: null, pod: null },
      ...{ seenBy: 'operator' as const, firstSeenAt: EARLY, counts: true },
    } as never,
  ],
  endpoint: '10.0.0.1:6443',
  report: wellReport(['one'], ['one']),
  gone: [{ name: 'two', address: '10.0.0.2', role: 'worker' } as never],
  pairs: { at: EARLY } as never,
  credentials: [
    {
      ...{
        name: 'demo',
        serial: null,
        maxNodes: 3,
        enrolled: 1,
        createdAt: EARLY,
        expiresAt: LATER,
        issuedBy: 'local',
      },
      ...{ lastUsedAt: LATER, revokedAt: null, revokedBy: null },
    },
  ],
  accesses: [
    {
      ...{ user: 'cantrip:alice:0123456789abcdef', role: 'view' as const, issuedBy: 'local', isBound: true },
      ...{ createdAt: EARLY, expiresAt: LATER, revokedAt: LATER, revokedBy: 'local' },
    },
  ],
  operatorSince: LATER,
  error,
})
const node = nodeWith({
  ...{ clusterId: cluster.id, facts, error, leaving: 'retire', silent: 'suspect', disks: ['/dev/sdb'], upSeq: 7 },
  warnings: [{ id: 'identity', verdict: 'warn', found: 'f', fix: 'x' } as never],
  alarms: [{ ...error, since: EARLY, at: LATER }],
  operatorKeys: ['f-8', 'f-9'],
})
const enrolment: Enrolment = {
  ...{ fingerprint: 'f-1', nodeId: node.id, installer: 'i-1', publicKey: 'k', state: 'approved', certificate: 'c' },
  next: { fingerprint: 'f-2', publicKey: 'k2', certificate: 'c2' },
  createdAt: EARLY,
}
const run = runWith({
  nodeId: node.id,
  repair: true,
  cancel: true,
  payload: '{"a":1}',
  signature: 's',
  error,
  endedAt: LATER,
})
const all: Change[] = [
  { change: 'add-cluster', cluster },
  { change: 'add-node', node },
  { change: 'add-enrolment', enrolment },
  { change: 'add-run', run },
]
const stateEvent = { kind: 'cluster-state', at: EARLY, state: 'READY' } as const
const eventWith = (changes: Partial<NewEvent> = {}): Change => ({
  change: 'add-event',
  event: { at: EARLY, clusterId: cluster.id, nodeId: null, nodeSeq: null, runId: null, event: stateEvent, ...changes },
})
const stepProgress = { kind: 'step-progress', at: EARLY, step: 's', done: 1, of: 2, unit: 'items' } as const
const plain = clusterWith()
const addPlain: Change = { change: 'add-cluster', cluster: plain }
const setCluster = (to: Partial<typeof cluster>): Change => ({ change: 'set-cluster', id: cluster.id, to })

describe.each([sqliteBackend(), postgresBackend()])('$name', (backend) => {
  let database: Database
  let store: Store
  /** The same database, from another process if the backend allows it. */
  let other: Store
  beforeAll(() => backend.start())
  afterAll(() => backend.stop())
  beforeEach(async () => {
    database = await backend.database()
    const [first, second] = await database.openTwice()
    store = first
    other = second
  })
  afterEach(async () => {
    await close()
    await database.remove()
  })

  async function close(): Promise<void> {
    for (const each of new Set([store, other])) await each.close().catch(() => undefined)
  }

  const versionOf = async (of: Store) => (await of.load(cluster.id))?.version ?? -1
  const numbers = async () => (await store.eventsAfter({ after: 0 }, 10_000)).map(({ seq }) => seq)
  const upTo = (last: number) => Array.from({ length: last }, (_, at) => at + 1)

  describe('records', () => {
    it('are read as they were written, also after the database was reopened', async () => {
      await store.commit([...all, eventWith({ nodeId: node.id, nodeSeq: 1, runId: run.id, event: stepProgress })])
      await close()
      store = await database.open()
      other = store
      expect(await store.clusters()).toEqual([cluster])
      expect(await store.cluster(cluster.id)).toEqual(cluster)
      expect(await store.clusterNamed(cluster.name)).toEqual(cluster)
      expect(await store.node(node.id)).toEqual(node)
      expect(await store.nodesOf(cluster.id)).toEqual([node])
      expect(await store.clustersOf([node.id, 'n-unknown'])).toEqual(new Map([[node.id, cluster.id]]))
      expect(await store.enrolment(enrolment.fingerprint)).toEqual(enrolment)
      expect(await store.enrolmentOf(node.id)).toEqual(enrolment)
      expect(await store.run(run.id)).toEqual(run)
      expect(await store.runsOf(node.id)).toEqual([run])
      expect(await store.openRunOf(node.id)).toEqual(run)
      const loaded = { version: 0, cluster, nodes: [node], runs: [run], enrolments: [enrolment] }
      expect(await store.load(cluster.id)).toEqual(loaded)
      expect(await store.eventsAfter({ after: 0 }, 10)).toEqual([
        {
          ...{ seq: 1, at: EARLY, clusterId: cluster.id, nodeId: node.id, nodeSeq: 1, runId: run.id },
          ...{ kind: 'step-progress', event: stepProgress },
        },
      ])
    })

    it('that do not exist are undefined, and their lists are empty', async () => {
      expect(await store.cluster('c')).toBeUndefined()
      expect(await store.clusterNamed('c')).toBeUndefined()
      expect(await store.load('c')).toBeUndefined()
      expect(await store.node('n')).toBeUndefined()
      expect(await store.enrolment('f')).toBeUndefined()
      expect(await store.enrolmentOf('n')).toBeUndefined()
      expect(await store.run('r')).toBeUndefined()
      expect(await store.openRunOf('n')).toBeUndefined()
      expect(await store.clusters()).toEqual([])
      expect(await store.nodesOf('c')).toEqual([])
      expect(await store.runsOf('n')).toEqual([])
      expect(await store.clustersOf([])).toEqual(new Map())
      expect(await store.eventsAfter({ after: 0 }, 10)).toEqual([])
      expect(await store.lastEvent()).toBe(0)
    })

    it('of an older build have defaults for missing fields', async () => {
      await close()
      await database.sql(`
        INSERT INTO clusters (id, name, state, settings, desired, attempt, created_at)
          VALUES ('${plain.id}', '${plain.name}', 'NEW', '{}', 'none', 0, '${EARLY}');
        INSERT INTO cluster_versions (cluster_id, version) VALUES ('${plain.id}', 4);
        INSERT INTO nodes (id, cluster_id, name, address, state, silent, roles, disks, warnings, agent_version, boot_id,
            attempt, generation, up_seq, down_seq, created_at)
          VALUES ('n-a', '${plain.id}', 'a', '10.0.0.1', 'READY', 'no', '[]', '[]', '[]', '1', 'b', 0, 1, 1, 1, '${EARLY}');
        INSERT INTO runs (id, node_id, role, generation, seq, payload, signature, state, acknowledged, cancel, progress,
            created_at, expires_at)
          VALUES ('r-a', 'n-a', 'worker', 1, 1, '', '', 'open', '1', '0', '{"of":0,"done":0,"current":{}}', '${EARLY}', '${LATER}')`)
      store = await database.open()
      other = store
      const found = await store.load(plain.id)
      expect(found?.version).toBe(4)
      expect(found?.cluster).toEqual(plain)
      expect(found?.nodes).toMatchObject([{ id: 'n-a', leaving: 'no', facts: null, lastSeen: null }])
      expect(found?.runs).toMatchObject([{ id: 'r-a', repair: false, acknowledged: true, cancel: false, error: null }])
    })

    it('change only in the given fields', async () => {
      await store.commit(all)
      await store.commit([
        setCluster({ state: 'READY', error: null, name: 'renamed' }),
        { change: 'set-node', id: node.id, to: { facts: null, roles: [], upSeq: Number.MAX_SAFE_INTEGER } },
        { change: 'set-enrolment', fingerprint: enrolment.fingerprint, to: { fingerprint: 'f-3', next: null } },
        { change: 'set-run', id: run.id, to: { state: 'done', acknowledged: false, repair: false } },
        { change: 'set-run', id: run.id, to: {} },
        { change: 'set-run', id: 'r-unknown', to: { state: 'done' } },
      ])
      expect(await store.cluster(cluster.id)).toEqual({ ...cluster, state: 'READY', error: null, name: 'renamed' })
      expect(await store.node(node.id)).toEqual({ ...node, facts: null, roles: [], upSeq: Number.MAX_SAFE_INTEGER })
      expect(await store.enrolmentOf(node.id)).toEqual({ ...enrolment, fingerprint: 'f-3', next: null })
      expect(await store.run(run.id)).toEqual({ ...run, state: 'done', acknowledged: false, repair: false })
      expect(await store.openRunOf(node.id)).toBeUndefined()
    })

    it('are deleted with their node or cluster; the events of a node are kept', async () => {
      await store.commit([...all, eventWith({ nodeId: node.id, nodeSeq: 1, runId: run.id })])
      await store.commit([{ change: 'remove-node', id: node.id }])
      expect(await store.nodesOf(cluster.id)).toEqual([])
      expect(await store.run(run.id)).toBeUndefined()
      expect(await store.enrolment(enrolment.fingerprint)).toBeUndefined()
      expect(await numbers()).toEqual([1])
      await store.commit([{ change: 'add-node', node }])
      await store.commit([{ change: 'remove-cluster', id: cluster.id }])
      expect(await store.clusters()).toEqual([])
      expect(await store.node(node.id)).toBeUndefined()
      expect(await numbers()).toEqual([])
    })

    it('can have several megabytes', async () => {
      const [text, pods] = ['x'.repeat(3_000_000), wellReport(['one'], ['one']).pods]
      const report = {
        ...wellReport(['one'], ['one']),
        pods: Array.from({ length: 10_000 }, (_, at) => ({ ...pods[0], name: `pod-${at}` })) as typeof pods,
      }
      await store.commit([...all, { change: 'set-run', id: run.id, to: { payload: text } }, setCluster({ report })])
      expect((await store.run(run.id))?.payload).toBe(text)
      expect((await store.cluster(cluster.id))?.report).toEqual(report)
    })
  })

  describe('texts', () => {
    it.each(['"\'\\;--', 'ä€𝔘日本語\u{1F600}', '\u0001\u001f\u007f\u0085\u2028\ufeff', '', '\\u0000', '{"a":1}', '{}'])(
      'are stored with any content: %j',
      async (text) => {
        await store.commit([
          { change: 'add-cluster', cluster: { ...plain, name: text, error: { ...error, message: text } } },
        ])
        expect(await store.clusterNamed(text)).toMatchObject({ name: text, error: { message: text } })
      },
    )

    it('have a replacement character for what UTF-8 or PostgreSQL cannot store; inside JSON they are kept', async () => {
      const text = 'a\0b\ud800c'
      await store.commit([
        { change: 'add-cluster', cluster: { ...plain, name: text, error: { ...error, message: text } } },
        eventWith({ runId: text, event: { ...stateEvent, reason: text } as never }),
      ])
      const found = await store.clusterNamed(text)
      expect(found?.name).toBe('a\ufffdb\ufffdc')
      expect(found?.error?.message).toBe(text)
      expect(await store.eventsAfter({ after: 0, run: text }, 10)).toMatchObject([{ event: { reason: text } }])
    })

    it('with SQL syntax in a lookup find nothing', async () => {
      for (const text of ['\0', '\ud800', "'", 'x'.repeat(100_000)]) {
        expect(await store.clusterNamed(text)).toBeUndefined()
        expect(await store.node(text)).toBeUndefined()
        expect(await store.clustersOf([text])).toEqual(new Map())
        expect(await store.eventsAfter({ after: 0, cluster: text, node: text, run: text }, 1)).toEqual([])
      }
    })
  })

  describe('order', () => {
    it('of clusters is the byte order of their names', async () => {
      const names = [
        'a',
        'B',
        'Z',
        'ä',
        'é',
        '-a',
        'a-b',
        'ab',
        'a b',
        '10',
        '9',
        'A',
        '_',
        '\uffee',
        '\u{1F600}',
        'z',
        'aa',
      ]
      await store.commit(
        names.map((name, at) => ({ change: 'add-cluster', cluster: { ...plain, id: `c-${at}`, name } })),
      )
      const sorted = names.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
      expect((await store.clusters()).map(({ name }) => name)).toEqual(sorted)
    })

    it('of nodes is by age, then by ID; of runs by generation', async () => {
      const made: [string, string][] = [
        ['n-b', LATER],
        ['n-Z', EARLY],
        ['n-a', EARLY],
        ['n-A', LATER],
      ]
      await store.commit([
        addPlain,
        ...made.map(([id, createdAt]): Change => ({ change: 'add-node', node: nodeWith({ id, createdAt }) })),
        ...[11, 2, 9].map(
          (generation): Change => ({
            change: 'add-run',
            run: runWith({ id: `r-${generation}`, nodeId: 'n-a', generation, seq: 20 - generation }),
          }),
        ),
      ])
      const order = ['n-Z', 'n-a', 'n-A', 'n-b']
      expect((await store.nodesOf(plain.id)).map(({ id }) => id)).toEqual(order)
      const loaded = await store.load(plain.id, { nodes: ['n-b', 'n-a', 'n-Z', 'n-A'], runs: [] })
      expect(loaded?.nodes.map(({ id }) => id)).toEqual(order)
      expect(loaded?.runs.map(({ id }) => id)).toEqual(['r-2', 'r-9', 'r-11'])
      expect((await store.load(plain.id))?.nodes.map(({ id }) => id)).toEqual(order)
      expect((await store.runsOf('n-a')).map(({ id }) => id)).toEqual(['r-2', 'r-9', 'r-11'])
      expect((await store.openRunOf('n-a'))?.id, 'the one that was sent first').toBe('r-11')
    })
  })

  describe('load', () => {
    beforeEach(async () => {
      const runs = [
        { id: 'r-open', generation: 1, state: 'open' },
        { id: 'r-old', generation: 2, state: 'done' },
        { id: 'r-repair-old', generation: 3, state: 'done', repair: true },
        { id: 'r-repair', generation: 4, state: 'done', repair: true },
        { id: 'r-last', generation: 5, state: 'done' },
        { id: 'r-reset', generation: 6, state: 'done', role: 'reset' },
      ] as const
      await store.commit([
        addPlain,
        { change: 'add-node', node: nodeWith({ id: 'n-a' }) },
        { change: 'add-node', node: nodeWith({ id: 'n-b', state: 'REMOVED' }) },
        ...runs.map((each): Change => ({ change: 'add-run', run: runWith({ nodeId: 'n-a', ...each }) })),
        { change: 'add-run', run: runWith({ id: 'r-b', nodeId: 'n-b', state: 'done' }) },
        { change: 'add-cluster', cluster: { ...plain, id: 'c-other', name: 'other' } },
        { change: 'add-node', node: nodeWith({ id: 'n-other', clusterId: 'c-other' }) },
        { change: 'add-run', run: runWith({ id: 'r-other', nodeId: 'n-other' }) },
      ])
    })
    const loaded = async (...part: Parameters<Store['load']>) => {
      const found = await store.load(...part)
      return [found?.nodes.map(({ id }) => id), found?.runs.map(({ id }) => id)]
    }

    it('returns a cluster with the runs that the director needs', async () => {
      const decisive = ['r-open', 'r-repair', 'r-last', 'r-reset', 'r-b']
      expect(await loaded(plain.id)).toEqual([['n-a', 'n-b'], decisive])
      const more = ['r-open', 'r-old', 'r-repair', 'r-last', 'r-reset', 'r-b', 'r-other']
      expect(await loaded(plain.id, { runs: ['r-old', 'r-last', 'r-other', 'r-unknown'] })).toEqual([
        ['n-a', 'n-b'],
        more,
      ])
    })

    it('returns part of a cluster', async () => {
      expect(await loaded(plain.id, { nodes: ['n-a', 'n-other'], runs: ['r-old'] })).toEqual([
        ['n-a'],
        ['r-open', 'r-old', 'r-other'],
      ])
      expect(await loaded(plain.id, { nodes: ['n-b'], runs: [] })).toEqual([['n-b'], []])
      expect(await loaded(plain.id, { nodes: [], runs: [] })).toEqual([[], []])
    })
  })

  describe('a commit', () => {
    it('succeeds only if the cluster has the expected version', async () => {
      await store.commit([addPlain])
      const expected = { clusterId: plain.id, version: await versionOf(store) }
      expect(await store.commit([setCluster({ name: 'first' })], expected)).toBe(true)
      expect(await other.commit([setCluster({ name: 'second' }), eventWith()], expected)).toBe(false)
      expect(await other.clusters()).toMatchObject([{ name: 'first' }])
      expect(await numbers()).toEqual([])
      const version = await versionOf(other)
      expect(version).toBeGreaterThan(expected.version)
      expect(await store.commit([setCluster({ attempt: 9 })])).toBe(true)
      expect(await versionOf(store), 'what rests on nothing leaves the version').toBe(version)
      await store.commit([{ change: 'remove-cluster', id: plain.id }])
      expect(await store.commit([setCluster({ name: 'third' })], { clusterId: plain.id, version })).toBe(false)
      expect(await store.commit([])).toBe(true)
    })

    it('is atomic: a failed commit leaves nothing behind', async () => {
      await store.commit([addPlain, eventWith()])
      const { version } = (await store.load(plain.id)) ?? { version: -1 }
      const before = await store.load(plain.id)
      const failing: Change[][] = [
        [setCluster({ attempt: 7 }), eventWith(), eventWith(), addPlain],
        [setCluster({ attempt: 7 }), eventWith(), eventWith({ clusterId: 'c-unknown' })],
        [eventWith(), { change: 'add-node', node: nodeWith({ clusterId: 'c-unknown' }) }],
        [eventWith({ nodeId: 'n', nodeSeq: 1 }), eventWith({ nodeId: 'n', nodeSeq: 1 })],
      ]
      for (const changes of failing) {
        await expect(store.commit(changes)).rejects.toThrow()
        await expect(store.commit(changes, { clusterId: plain.id, version })).rejects.toThrow()
      }
      expect(await other.load(plain.id)).toEqual(before)
      await store.commit([eventWith()])
      expect(await numbers(), 'the number of a failed commit is used again').toEqual([1, 2])
    })

    it('can be repeated after a conflict, and no concurrent commit is lost', async () => {
      await store.commit([addPlain])
      let lost = 0
      const add = async (by: Store) => {
        for (;;) {
          const found = await by.load(plain.id)
          const [attempt, version] = [(found?.cluster.attempt ?? 0) + 1, found?.version ?? -1]
          if (await by.commit([setCluster({ attempt }), eventWith()], { clusterId: plain.id, version })) return
          lost++
        }
      }
      await Promise.all(upTo(16).map((at) => add(at % 2 ? store : other)))
      expect(lost).toBeGreaterThan(0)
      expect((await store.cluster(plain.id))?.attempt).toBe(16)
      expect(await numbers()).toEqual(upTo(16))
    })

    it('is visible completely or not at all', async () => {
      await store.commit([addPlain, { change: 'add-node', node: nodeWith() }])
      let isOver = false
      const write = async () => {
        for (const attempt of upTo(20)) {
          await store.commit([{ change: 'set-node', id: nodeWith().id, to: { attempt } }, setCluster({ attempt })])
        }
        isOver = true
      }
      const read = async () => {
        while (!isOver) {
          const found = await other.load(plain.id)
          expect(found?.nodes[0]?.attempt).toBe(found?.cluster.attempt)
          await new Promise(setImmediate)
        }
      }
      await Promise.all([write(), read()])
      expect((await other.cluster(plain.id))?.attempt).toBe(20)
    })

    it('does not deadlock with commits that change the same nodes in another order', async () => {
      const ids = upTo(10).map((at) => `n-${at}`)
      await store.commit([addPlain, ...ids.map((id): Change => ({ change: 'add-node', node: nodeWith({ id }) }))])
      const seen = (by: Store, order: string[]) =>
        by.commit(order.map((id): Change => ({ change: 'set-node', id, to: { lastSeen: LATER } })))
      const rounds = upTo(5).flatMap(() => [seen(store, ids), seen(other, ids.toReversed())])
      expect(await Promise.all(rounds)).toEqual(rounds.map(() => true))
      expect((await store.nodesOf(plain.id)).map(({ lastSeen }) => lastSeen)).toEqual(ids.map(() => LATER))
    })
  })

  describe('events', () => {
    it('are numbered without gaps in the order in which they become visible, so that a follower misses none', async () => {
      await store.commit([addPlain, { change: 'add-cluster', cluster: { ...plain, id: 'c-b', name: 'b' } }])
      const perCommit = [1, 30, 2, 1, 12, 1, 40, 3]
      const commits = upTo(5).flatMap((round) =>
        perCommit.map((count, at) => () => {
          const clusterId = at % 2 ? plain.id : 'c-b'
          return ((round + at) % 2 ? store : other).commit(upTo(count).map(() => eventWith({ clusterId })))
        }),
      )
      const total = 5 * perCommit.reduce((sum, count) => sum + count)
      const follow = async (reader: Store) => {
        const seen: number[] = []
        while (seen.length < total) {
          for (const { seq } of await reader.eventsAfter({ after: seen.at(-1) ?? 0 }, 25)) seen.push(seq)
          await new Promise(setImmediate)
        }
        return seen
      }
      const [first, second] = await Promise.all([
        follow(store),
        follow(other),
        // Four concurrent commits from each store.
        ...upTo(8).map(async (lane) => {
          for (const [at, commit] of commits.entries()) if (at % 8 === lane - 1) await commit()
        }),
      ])
      expect(first).toEqual(upTo(total))
      expect(second).toEqual(upTo(total))
      expect(await store.lastEvent()).toBe(total)
    })

    it('are filtered and limited', async () => {
      await store.commit([addPlain, { change: 'add-cluster', cluster: { ...plain, id: 'c-b', name: 'b' } }])
      await store.commit([
        eventWith({ nodeId: 'n-a', nodeSeq: 1, runId: 'r-a' }),
        eventWith({ nodeId: 'n-a', nodeSeq: 2, runId: 'r-b' }),
        eventWith({ nodeId: 'n-b', nodeSeq: 1, runId: 'r-c' }),
        eventWith(),
        eventWith({ clusterId: 'c-b' }),
      ])
      const found = async (...asked: Parameters<Store['eventsAfter']>) =>
        (await store.eventsAfter(...asked)).map(({ seq }) => seq)
      expect(await found({ after: 0 }, 3)).toEqual([1, 2, 3])
      expect(await found({ after: 3 }, 100)).toEqual([4, 5])
      expect(await found({ after: 5 }, 1)).toEqual([])
      expect(await found({ after: 0, cluster: plain.id }, 100)).toEqual([1, 2, 3, 4])
      expect(await found({ after: 0, cluster: 'c-b' }, 100)).toEqual([5])
      expect(await found({ after: 0, node: 'n-a' }, 1)).toEqual([1])
      expect(await found({ after: 1, node: 'n-a', run: 'r-b', cluster: plain.id }, 9)).toEqual([2])
      expect(await found({ after: 0, node: 'n-b', run: 'r-b' }, 9)).toEqual([])
      expect(await found({ after: 0 }, 0)).toEqual([])
    })

    it('of progress are deleted at the end of their run, but not later ones', async () => {
      await store.commit([addPlain])
      const progress = (runId: string) => eventWith({ runId, event: stepProgress })
      await store.commit([
        progress('r-a'),
        eventWith({ runId: 'r-a' }),
        progress('r-b'),
        { change: 'remove-step-progress', runId: 'r-a' },
        progress('r-a'),
      ])
      expect(await numbers()).toEqual([2, 3, 4])
      await store.commit([{ change: 'remove-step-progress', runId: 'r-a' }])
      expect(await numbers()).toEqual([2, 3])
      await store.commit([eventWith()])
      expect(await numbers(), 'a number is never used twice').toEqual([2, 3, 5])
    })

    it('reject a duplicate message of a node', async () => {
      await store.commit([addPlain, eventWith({ nodeId: 'n', nodeSeq: 1 })])
      await expect(other.commit([eventWith({ nodeId: 'n', nodeSeq: 1 })])).rejects.toThrow(/unique/i)
      await store.commit([
        eventWith({ nodeId: 'n' }),
        eventWith({ nodeId: 'n' }),
        eventWith({ nodeId: 'm', nodeSeq: 1 }),
      ])
      expect(await numbers()).toEqual([1, 2, 3, 4])
    })
  })

  it('belongs to one controller at a time, or says what its controllers share', async () => {
    await close()
    store = await database.open()
    other = store
    if (store.shared) other = await database.open()
    else await expect(database.open()).rejects.toMatchObject({ code: 'store/locked' })
    await store.commit([addPlain])
    await close()
    store = await database.open()
    other = store
    expect(await store.cluster(plain.id)).toEqual(plain)
  })
})
