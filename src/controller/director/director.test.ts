import { describe, expect, it } from 'vitest'
import { ClusterSettings } from '../../protocol/admin.ts'
import type { OperatorReport } from '../../protocol/rest.ts'
import type { Cluster, Node, Run } from '../store/records.ts'
import { type Decision, direct } from './director.ts'
import type { Member } from './situation.ts'

const EARLY = '2026-01-01T00:00:00.000Z'
const LATER = '2026-01-01T00:10:00.000Z'
const now = new Date('2026-01-01T01:00:00.000Z')
const boom = { code: 'etcd/dead', message: 'etcd died', fix: 'look' }

const cluster = (changes: Partial<Cluster> = {}): Cluster => ({
  id: 'c-aaaaaaaaaa',
  name: 'demo',
  state: 'NEW',
  settings: ClusterSettings.parse({}),
  desired: 'none',
  attempt: 0,
  desiredAt: null,
  readyAt: null,
  report: null,
  reportAt: null,
  error: null,
  createdAt: EARLY,
  ...changes,
})
const node = (changes: Partial<Node> = {}): Node => ({
  id: 'n-aaaaaaaaaa',
  clusterId: 'c-aaaaaaaaaa',
  name: 'one',
  address: '10.0.0.1',
  state: 'CONFIGURED',
  silent: 'no',
  roles: ['master', 'worker'],
  interface: 'eth0',
  disks: [],
  facts: null,
  warnings: [],
  agentVersion: '1',
  bootId: 'b',
  error: null,
  attempt: 0,
  generation: 0,
  upSeq: 0,
  downSeq: 0,
  createdAt: EARLY,
  approvedAt: EARLY,
  configuredAt: EARLY,
  lastSeen: EARLY,
  ...changes,
})
const run = (changes: Partial<Run> = {}): Run => ({
  id: 'r-aaaaaaaaaa',
  nodeId: 'n-aaaaaaaaaa',
  role: 'first-master',
  generation: 1,
  seq: 1,
  payload: '',
  signature: '',
  state: 'open',
  acknowledged: true,
  cancel: false,
  progress: { of: 0, done: 0, current: {} },
  error: null,
  createdAt: EARLY,
  expiresAt: '2026-01-02T00:00:00.000Z',
  endedAt: null,
  ...changes,
})
const member = (n: Partial<Node>, r: Partial<Run> | null = null, silentMs = 0): Member => ({
  node: node(n),
  run: r && run(r),
  silentMs,
})
const pod = (ready: boolean, phase = 'Running') => ({
  namespace: 'kube-system',
  name: 'p',
  node: 'one',
  ready,
  phase,
  restarts: 0,
})
const report = (changes: Partial<OperatorReport> = {}): OperatorReport => ({
  kubernetesVersion: 'v1.36.3',
  nodes: [{ name: 'one', ready: true, kubeletVersion: 'v1.36.3' }],
  pods: [pod(true), pod(false, 'Succeeded')],
  dns: true,
  ...changes,
})

const wanted = (changes: Partial<Cluster> = {}) =>
  cluster({ desired: 'provision', attempt: 1, state: 'PROVISIONING', ...changes })
const working = { state: 'PROVISIONING', attempt: 1, generation: 1 } as const
const one = 'n-aaaaaaaaaa'
const two = 'n-bbbbbbbbbb'
const to = (state: Node['state'], error: typeof boom | null = null): Decision => ({
  kind: 'node',
  nodeId: one,
  state,
  error,
})
const clusterTo = (state: Cluster['state'], settled = false, error: typeof boom | null = null): Decision => ({
  kind: 'cluster',
  state,
  error,
  settled,
})
const resetting = (changes: Partial<Cluster> = {}) =>
  cluster({ desired: 'reset', attempt: 2, state: 'RESETTING', ...changes })

const table: [string, Cluster, Member[], Decision[]][] = [
  ['nothing wanted, nothing done', cluster(), [member({})], []],
  [
    'a new node waits for approval',
    wanted({ state: 'NEW' }),
    [member({ state: 'DISCOVERED', roles: [] })],
    [clusterTo('NEW', true)],
  ],
  [
    'the first master is told to begin',
    wanted(),
    [member({})],
    [{ kind: 'instruct', nodeId: one, role: 'first-master' }],
  ],
  [
    'only one master begins',
    wanted(),
    [member({ configuredAt: LATER }), member({ id: two, name: 'two' })],
    [{ kind: 'instruct', nodeId: two, role: 'first-master' }],
  ],
  [
    'a master that has begun stays the first',
    wanted(),
    [member({ ...working, configuredAt: LATER }, {}), member({ id: two, name: 'two' })],
    [],
  ],
  ['a worker waits', wanted(), [member(working, {}), member({ id: two, roles: ['worker'] })], []],
  ['a run that goes on is waited for', wanted(), [member(working, {})], []],
  ['the cluster follows its node', wanted({ state: 'NEW' }), [member(working, {})], [clusterTo('PROVISIONING')]],
  ['done, and the operator has not checked in', wanted(), [member(working, { state: 'done' })], []],
  [
    'done, and the report is older than the run',
    wanted({ report: report(), reportAt: EARLY }),
    [member(working, { state: 'done', createdAt: LATER })],
    [],
  ],
  [
    'done, a node is not ready',
    wanted({ report: report({ nodes: [{ name: 'one', ready: false, kubeletVersion: '' }] }), reportAt: LATER }),
    [member(working, { state: 'done' })],
    [],
  ],
  [
    'done, a pod is not ready',
    wanted({ report: report({ pods: [pod(true), pod(false)] }), reportAt: LATER }),
    [member(working, { state: 'done' })],
    [],
  ],
  [
    'done, all is up',
    wanted({ report: report(), reportAt: LATER }),
    [member(working, { state: 'done' })],
    [to('READY')],
  ],
  [
    'all nodes ready, DNS is not',
    wanted({ report: report({ dns: false }), reportAt: LATER }),
    [member({ ...working, state: 'READY' }, { state: 'done' })],
    [],
  ],
  [
    'all nodes ready',
    wanted({ report: report(), reportAt: LATER }),
    [member({ ...working, state: 'READY' }, { state: 'done' })],
    [clusterTo('READY')],
  ],
  [
    'ready stays ready when a pod restarts',
    wanted({ state: 'READY', report: report({ pods: [pod(false)] }), reportAt: LATER }),
    [member({ ...working, state: 'READY' }, { state: 'done' })],
    [],
  ],
  ['a run failed', wanted(), [member(working, { state: 'failed', error: boom })], [to('FAILED', boom)]],
  [
    'the cluster fails with its node',
    wanted(),
    [member({ ...working, state: 'FAILED', error: boom }, { state: 'failed' })],
    [clusterTo('FAILED', false, boom)],
  ],
  [
    'a failed node is left alone',
    wanted({ state: 'FAILED', error: boom }),
    [member({ ...working, state: 'FAILED', error: boom }, { state: 'failed' })],
    [],
  ],
  [
    'provision again retries it',
    wanted({ state: 'FAILED', error: boom, attempt: 2 }),
    [member({ ...working, state: 'FAILED', error: boom }, { state: 'failed' })],
    [{ kind: 'instruct', nodeId: one, role: 'first-master' }],
  ],
  [
    'an instruction that was never taken expires',
    wanted(),
    [member(working, { acknowledged: false, expiresAt: LATER })],
    [{ kind: 'expire', runId: 'r-aaaaaaaaaa' }],
  ],
  ['one that was taken does not', wanted(), [member(working, { expiresAt: LATER })], []],
  ['75 s of silence', cluster(), [member({}, null, 75_000)], [{ kind: 'silence', nodeId: one, silent: 'suspect' }]],
  [
    '120 s of silence',
    cluster(),
    [member({ silent: 'suspect' }, null, 120_000)],
    [{ kind: 'silence', nodeId: one, silent: 'unreachable' }],
  ],
  ['back again', cluster(), [member({ silent: 'unreachable' })], [{ kind: 'silence', nodeId: one, silent: 'no' }]],
  [
    'a node that was never approved is not missed',
    cluster(),
    [member({ state: 'DISCOVERED', approvedAt: null }, null, 500_000)],
    [],
  ],
  [
    'reset of a ready node',
    resetting(),
    [member({ ...working, state: 'READY' }, { state: 'done' })],
    [{ kind: 'instruct', nodeId: one, role: 'reset' }],
  ],
  ['reset cancels what goes on', resetting(), [member(working, {})], [{ kind: 'cancel', runId: 'r-aaaaaaaaaa' }]],
  ['and waits until it has ended', resetting(), [member(working, { cancel: true })], []],
  ['reset leaves an untouched node alone', resetting(), [member({})], [clusterTo('NEW', true)]],
  ['reset goes on', resetting(), [member({ ...working, attempt: 2 }, { role: 'reset' })], []],
  [
    'reset is done',
    resetting(),
    [member({ ...working, attempt: 2 }, { role: 'reset', state: 'done' })],
    [to('DISCOVERED')],
  ],
  [
    'reset is done under auto-approve',
    resetting({ settings: ClusterSettings.parse({ autoApprove: true }) }),
    [member({ ...working, attempt: 2 }, { role: 'reset', state: 'done' })],
    [to('APPROVED')],
  ],
  [
    'the cluster is new again',
    resetting(),
    [member({ state: 'DISCOVERED', roles: [], attempt: 2 }, { role: 'reset', state: 'done' })],
    [clusterTo('NEW', true)],
  ],
  [
    'reset failed',
    resetting(),
    [member({ ...working, attempt: 2 }, { role: 'reset', state: 'failed', error: boom })],
    [to('FAILED', boom)],
  ],
  [
    'and the cluster with it',
    resetting(),
    [member({ state: 'FAILED', error: boom, attempt: 2 }, { role: 'reset', state: 'failed', error: boom })],
    [clusterTo('FAILED', false, boom)],
  ],
  ['the last node was removed', wanted({ state: 'READY' }), [], [clusterTo('NEW', true)]],
]

describe('director', () => {
  it.each(table)('%s', (_, wantedCluster, members, decisions) => {
    expect(direct({ now, cluster: wantedCluster, members })).toEqual(decisions)
  })
})
