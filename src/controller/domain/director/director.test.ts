import { describe, expect, it } from 'vitest'
import { cluster, EARLY, member, upgrade } from '../../../../test/support/controller/member.ts'
import { DEFAULT_VERSIONS } from '../../../bundle/versions/sets.ts'
import type { OperatorReport } from '../../../protocol/api/operators.ts'
import { ClusterSettings } from '../../../protocol/settings/cluster-settings.ts'
import type { AgentUpdate, NodeUpdate } from '../agent-update/record.ts'
import type { Cluster, KnownProblem, Node, Run } from '../records.ts'
import type { Member } from '../situation.ts'
import { type Decision, direct } from './director.ts'

const LATER = '2026-01-01T00:10:00.000Z'
const NOW = '2026-01-01T01:00:00.000Z'
const now = new Date(NOW)
const boom = { code: 'etcd/dead', message: 'etcd died', fix: 'look' }

const pod = (ready: boolean, phase = 'Running') => ({
  namespace: 'kube-system',
  name: 'kube-proxy-x8zqk',
  node: 'one',
  ready,
  phase,
  restarts: 0,
})
const report = (changes: Partial<OperatorReport> = {}): OperatorReport => ({
  kubernetesVersion: DEFAULT_VERSIONS.kubernetes,
  nodes: [{ name: 'one', ready: true, kubeletVersion: DEFAULT_VERSIONS.kubernetes }],
  pods: [pod(true), pod(false, 'Succeeded')],
  dns: true,
  ...changes,
})

const wanted = (changes: Partial<Cluster> = {}) =>
  cluster({ desired: 'provision', attempt: 1, state: 'PROVISIONING', ...changes })
const working = { state: 'PROVISIONING', attempt: 1, generation: 1 } as const
const one = 'n-aaaaaaaaaa'
const two = 'n-bbbbbbbbbb'
const three = 'n-cccccccccc'
const RUN_MENDING = {
  fix: 'see: controller node logs NODE; then retry: controller cluster provision CLUSTER',
  remedy: ['see: ', { do: 'node.logs' }, '; then retry: ', { do: 'cluster.provision' }],
}
const leaving = (how: 'retire' | 'reset') => ({ ...working, leaving: how }) as const
const LOST = {
  code: 'masters/lost',
  message: 'nodes of cluster demo belong to a cluster that has lost all its masters',
  fix: 'controller cluster reset demo, configure its nodes, then: controller cluster provision demo',
  remedy: [
    { do: 'cluster.reset', cluster: 'demo' },
    ', configure its nodes, then: ',
    { do: 'cluster.provision', cluster: 'demo' },
  ],
}
const NO_MASTER = {
  code: 'cluster/no-master',
  message: 'cluster demo has no node with the role master',
  fix: 'controller node configure NODE --role master,worker',
  remedy: [{ do: 'node.configure', roles: ['master', 'worker'] }],
}
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

const PROBLEM: Omit<KnownProblem, 'since' | 'firstSeenAt' | 'counts'> = {
  code: 'dns/no-answer',
  subject: '',
  node: null,
  message: "the cluster's DNS does not answer",
  seenBy: 'operator',
}

const agentsOf = (states: Record<string, NodeUpdate['state']>): AgentUpdate => ({
  ...{ version: '2.0.0', files: {}, canary: 1, maxUnavailable: 1, paused: false, attempt: 1 },
  ...{ startedAt: LATER, startedBy: 'local' },
  nodes: Object.entries(states).map(([nodeId, state]) => ({ nodeId, state, error: null })),
})

const table: [string, Cluster, Member[], Decision[]][] = [
  ['no desired state: no decision', cluster(), [member({})], []],
  [
    'a new node waits for approval',
    wanted({ state: 'NEW' }),
    [member({ state: 'DISCOVERED', roles: [] })],
    [clusterTo('NEW', true)],
  ],
  [
    'the first master gets its instruction',
    wanted(),
    [member({})],
    [{ kind: 'instruct', nodeId: one, role: 'first-master' }],
  ],
  [
    'no run begins on a node whose agent is being updated, only on the others',
    wanted({ agentUpdate: agentsOf({ [one]: 'done', [two]: 'updating' }) }),
    [member({}), member({ id: two, name: 'two' })],
    [{ kind: 'instruct', nodeId: one, role: 'first-master' }],
  ],
  [
    'a run is cancelled even while the agent is being updated',
    resetting({ agentUpdate: agentsOf({ [one]: 'updating' }) }),
    [member(working, { state: 'open' })],
    [{ kind: 'cancel', runId: 'r-aaaaaaaaaa' }],
  ],
  [
    'the master that was configured first starts the cluster, the others join, all in parallel',
    wanted(),
    [member({ configuredAt: LATER }), member({ id: two, name: 'two' }), member({ id: three, roles: ['worker'] })],
    [
      { kind: 'instruct', nodeId: one, role: 'master' },
      { kind: 'instruct', nodeId: two, role: 'first-master' },
      { kind: 'instruct', nodeId: three, role: 'worker' },
    ],
  ],
  [
    'a master that has begun stays the first master',
    wanted(),
    [member({ ...working, configuredAt: LATER }, {}), member({ id: two, name: 'two' })],
    [{ kind: 'instruct', nodeId: two, role: 'master' }],
  ],
  [
    'also when another one is done before it',
    wanted(),
    [
      member({ ...working, configuredAt: LATER }, { role: 'first-master' }),
      member({ ...working, id: two, name: 'two', state: 'READY' }, { id: 'r-two', role: 'master', state: 'done' }),
    ],
    [],
  ],
  [
    'and when it fails then: nobody else applies the objects of the cluster',
    wanted({ attempt: 2 }),
    [
      member({ ...working, state: 'FAILED', configuredAt: LATER }, { role: 'first-master', state: 'failed' }),
      member({ ...working, id: two, name: 'two', state: 'READY' }, { id: 'r-two', role: 'master', state: 'done' }),
    ],
    [{ kind: 'instruct', nodeId: one, role: 'first-master' }],
  ],
  [
    'one that was reset since it began starts no other cluster beside the one that others have joined',
    wanted(),
    [
      member(
        { ...working, configuredAt: LATER },
        { role: 'first-master', progress: { of: 0, done: 0, current: {}, startsAnotherCluster: true } },
      ),
      member({ ...working, id: two, name: 'two', state: 'READY' }, { id: 'r-two', role: 'master', state: 'done' }),
    ],
    [{ kind: 'cancel', runId: 'r-aaaaaaaaaa' }],
  ],
  [
    'a master joins an existing cluster, whichever was configured first',
    wanted({ state: 'READY' }),
    [
      member({ ...working, state: 'READY', configuredAt: LATER }, { state: 'done', role: 'master' }),
      member({ id: two, name: 'two' }),
    ],
    [{ kind: 'instruct', nodeId: two, role: 'master' }],
  ],
  [
    'a master that failed to join retries to join',
    wanted({ attempt: 2 }),
    [
      member({ ...working, state: 'READY' }, { state: 'done' }),
      member({ ...working, id: two, state: 'FAILED' }, { role: 'master', state: 'failed' }),
    ],
    [{ kind: 'instruct', nodeId: two, role: 'master' }],
  ],
  [
    'the first master was removed: the run of the master that waits for it is cancelled',
    wanted(),
    [member({ ...working, id: two }, { role: 'master' })],
    [{ kind: 'cancel', runId: 'r-aaaaaaaaaa' }],
  ],
  ['the cancellation is sent once', wanted(), [member({ ...working, id: two }, { role: 'master', cancel: true })], []],
  [
    'and that master becomes the first master',
    wanted(),
    [member({ ...working, id: two }, { role: 'master', state: 'cancelled', cancel: true })],
    [{ kind: 'instruct', nodeId: two, role: 'first-master' }],
  ],
  [
    'a cancelled worker does not join a cluster that has lost its masters',
    wanted(),
    [member({ ...working, roles: ['worker'] }, { role: 'worker', state: 'cancelled', cancel: true })],
    [to('FAILED', NO_MASTER)],
  ],
  [
    'a run that a reset cancelled has failed; provision retries it',
    wanted({ attempt: 3 }),
    [member(working, { state: 'cancelled', cancel: true })],
    [to('FAILED', { code: 'run/cancelled', message: 'run r-aaaaaaaaaa is cancelled', ...RUN_MENDING })],
  ],
  [
    'the masters are lost, and a worker has joined: another master does not start a new cluster',
    wanted(),
    [
      member({ ...working, id: two }, { role: 'master' }),
      member({ ...working, id: three, roles: ['worker'] }, { role: 'worker', state: 'done', id: 'r-w' }),
    ],
    [
      { kind: 'cancel', runId: 'r-aaaaaaaaaa' },
      { kind: 'node', nodeId: three, state: 'FAILED', error: LOST },
    ],
  ],
  [
    'and the cluster fails with them',
    wanted({ state: 'READY' }),
    [member({ ...working, id: three, state: 'READY', roles: ['worker'] }, { role: 'worker', state: 'done' })],
    [clusterTo('FAILED', false, LOST)],
  ],
  [
    'also for a worker that may have joined in an earlier run',
    wanted({ state: 'FAILED', error: LOST, attempt: 2 }),
    [
      member({ id: two }),
      member(
        { ...working, id: three, roles: ['worker'] },
        { role: 'worker', progress: { of: 0, done: 0, current: {}, mayHaveJoined: true } },
      ),
    ],
    [{ kind: 'cancel', runId: 'r-aaaaaaaaaa' }],
  ],
  [
    'a master that is configured while the cluster is up waits for the next provision',
    wanted({ state: 'READY', report: report(), reportAt: NOW }),
    [
      member({ ...working, state: 'READY' }, { state: 'done' }),
      member({ id: two, name: 'two', roles: ['master'], attempt: 1 }),
    ],
    [],
  ],
  [
    'so does a worker, and the cluster becomes READY without it',
    wanted({ report: report(), reportAt: LATER }),
    [
      member({ ...working, state: 'READY' }, { state: 'done' }),
      member({ id: two, name: 'two', roles: ['worker'], attempt: 1 }),
    ],
    [clusterTo('READY')],
  ],
  [
    'with the next provision it begins, while other runs continue',
    wanted({ attempt: 2 }),
    [member(working, {}), member({ id: two, name: 'two', roles: ['worker'], attempt: 1 })],
    [{ kind: 'instruct', nodeId: two, role: 'worker' }],
  ],
  [
    'the only remaining node was never provisioned: there is no desired state any more',
    wanted({ state: 'READY' }),
    [member({ attempt: 1 })],
    [clusterTo('NEW', true)],
  ],
  ['a worker without any master waits', wanted(), [member({ roles: ['worker'] })], []],
  ['waits for an open run', wanted(), [member(working, {})], []],
  [
    'the state of the cluster follows its node',
    wanted({ state: 'NEW' }),
    [member(working, {})],
    [clusterTo('PROVISIONING')],
  ],
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
    'done, everything is ready',
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
    wanted({ state: 'READY', report: report({ pods: [pod(false)] }), reportAt: NOW }),
    [member({ ...working, state: 'READY' }, { state: 'done' })],
    [],
  ],
  [
    'a READY cluster is UNKNOWN since its last report, once that is too old',
    wanted({ state: 'READY', report: report(), reportAt: LATER }),
    [member({ ...working, state: 'READY' }, { state: 'done' })],
    [{ kind: 'unknown', since: LATER }],
  ],
  [
    'it is known again with the next report',
    wanted({ state: 'READY', report: report(), reportAt: NOW, unknownSince: LATER }),
    [member({ ...working, state: 'READY' }, { state: 'done' })],
    [{ kind: 'unknown', since: null }],
  ],
  [
    'provision on a READY cluster repairs',
    wanted({ state: 'READY', attempt: 2, repairAttempt: 2, report: report(), reportAt: LATER }),
    [member({ ...working, state: 'READY' }, { state: 'done' })],
    [{ kind: 'instruct', nodeId: one, role: 'first-master', repair: true }],
  ],
  [
    'a node in repair stays READY, and the cluster is REPAIRING meanwhile',
    wanted({ state: 'READY', establishedAt: EARLY, attempt: 2, repairAttempt: 2, report: report(), reportAt: LATER }),
    [member({ ...working, attempt: 2, state: 'READY' }, { state: 'done' }, 0, {})],
    [clusterTo('REPAIRING')],
  ],
  ...(['paused', 'failed'] as const).map((state): (typeof table)[number] => [
    `nor is it READY while its upgrade is ${state}`,
    wanted({ state: 'READY', establishedAt: EARLY, report: report(), reportAt: LATER, upgrade: upgrade({ state }) }),
    [member({ ...working, state: 'READY' }, { state: 'done' })],
    [clusterTo('REPAIRING')],
  ]),
  [
    'until the repair has ended, even with problems',
    wanted({ establishedAt: EARLY, attempt: 2, repairAttempt: 2, report: report({ dns: false }), reportAt: LATER }),
    [member({ ...working, attempt: 2, state: 'READY' }, { state: 'done' }, 0, { state: 'done' })],
    [clusterTo('READY')],
  ],
  [
    'a repair of an unreachable node is not waited for',
    wanted({ establishedAt: EARLY, attempt: 2, repairAttempt: 2, report: report(), reportAt: LATER }),
    [member({ ...working, attempt: 2, state: 'READY', silent: 'unreachable' }, { state: 'done' }, 500_000, {})],
    [clusterTo('READY')],
  ],
  [
    'a failed repair leaves the node READY, with the error',
    wanted({ establishedAt: EARLY, attempt: 2, repairAttempt: 2, report: report(), reportAt: LATER }),
    [member({ ...working, attempt: 2, state: 'READY' }, { state: 'done' }, 0, { state: 'failed', error: boom })],
    [to('READY', boom)],
  ],
  [
    'reset cancels a repair',
    resetting(),
    [member({ ...working, state: 'READY' }, { state: 'done' }, 0, { id: 'r-repair' })],
    [{ kind: 'cancel', runId: 'r-repair' }],
  ],
  [
    'so does removing the node',
    wanted(),
    [member({ ...leaving('retire'), state: 'READY' }, { state: 'done' }, 0, { id: 'r-repair' })],
    [{ kind: 'cancel', runId: 'r-repair' }],
  ],
  [
    'a repair that was never acknowledged expires',
    wanted({ state: 'READY' }),
    [
      member({ ...working, state: 'READY' }, { state: 'done' }, 0, {
        id: 'r-repair',
        acknowledged: false,
        expiresAt: LATER,
      }),
    ],
    [{ kind: 'expire', runId: 'r-repair' }],
  ],
  [
    'its problems are reported in addition to its state',
    wanted({ state: 'READY', establishedAt: EARLY, report: report({ dns: false }), reportAt: LATER }),
    [member({ ...working, state: 'READY' }, { state: 'done' })],
    [{ kind: 'problems', problems: expect.arrayContaining([expect.objectContaining(PROBLEM)]) }],
  ],
  [
    'a node that was added to a READY cluster makes it READY again, even with problems',
    wanted({ establishedAt: EARLY, report: report({ dns: false }), reportAt: LATER }),
    [member({ ...working, state: 'READY' }, { state: 'done' })],
    [clusterTo('READY')],
  ],
  [
    'a cluster without a desired state has no problems',
    cluster({ problems: [{ ...PROBLEM, since: EARLY, firstSeenAt: EARLY, counts: true }] }),
    [],
    [{ kind: 'problems', problems: [] }],
  ],
  [
    'the outcome of a run is unknown: its error has a fix',
    wanted(),
    [member(working, { state: 'indeterminate', error: boom })],
    [to('FAILED', boom)],
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
    'an instruction that was never acknowledged expires',
    wanted(),
    [member(working, { acknowledged: false, expiresAt: LATER })],
    [{ kind: 'expire', runId: 'r-aaaaaaaaaa' }],
  ],
  ['an acknowledged one does not', wanted(), [member(working, { expiresAt: LATER })], []],
  ['75 s of silence', cluster(), [member({}, null, 75_000)], [{ kind: 'silence', nodeId: one, silent: 'suspect' }]],
  [
    '120 s of silence',
    cluster(),
    [member({ silent: 'suspect' }, null, 120_000)],
    [{ kind: 'silence', nodeId: one, silent: 'unreachable' }],
  ],
  ['back again', cluster(), [member({ silent: 'unreachable' })], [{ kind: 'silence', nodeId: one, silent: 'no' }]],
  [
    'a node that was never approved does not become unreachable',
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
  ['reset cancels an open run', resetting(), [member(working, {})], [{ kind: 'cancel', runId: 'r-aaaaaaaaaa' }]],
  ['and waits until the run has ended', resetting(), [member(working, { cancel: true })], []],
  [
    'an unreachable node is not waited for: it is reset when it is back',
    resetting(),
    [member({ ...working, silent: 'unreachable' }, { cancel: true }, 500_000)],
    [{ kind: 'instruct', nodeId: one, role: 'reset' }],
  ],
  ['reset does nothing for a node without Kubernetes', resetting(), [member({})], [clusterTo('NEW', true)]],
  ['reset is running', resetting(), [member({ ...working, attempt: 2 }, { role: 'reset' })], []],
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
    'the cluster is NEW again',
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
    'and the cluster fails with it',
    resetting(),
    [member({ state: 'FAILED', error: boom, attempt: 2 }, { role: 'reset', state: 'failed', error: boom })],
    [clusterTo('FAILED', false, boom)],
  ],
  [
    'the cluster is provisioned again during a reset',
    wanted({ attempt: 3 }),
    [member({ ...working, attempt: 2 }, { role: 'reset' })],
    [],
  ],
  [
    'that reset is done',
    wanted({ attempt: 3, report: report(), reportAt: LATER }),
    [member({ ...working, attempt: 2 }, { role: 'reset', state: 'done' })],
    [to('DISCOVERED')],
  ],
  [
    'a leaving node is not provisioned again, and its open run is cancelled',
    wanted(),
    [member(leaving('retire'), {})],
    [{ kind: 'cancel', runId: 'r-aaaaaaaaaa' }],
  ],
  [
    'it waits while a master removes it from the cluster',
    wanted({ state: 'NEW' }),
    [member(leaving('retire'), { state: 'done' })],
    [clusterTo('NEW', true)],
  ],
  [
    'then its machine is restored',
    wanted(),
    [member(leaving('reset'), { state: 'done' })],
    [{ kind: 'instruct', nodeId: one, role: 'reset' }],
  ],
  [
    'which is waited for',
    wanted({ state: 'NEW' }),
    [member(leaving('reset'), { role: 'reset' })],
    [clusterTo('NEW', true)],
  ],
  ['and it is REMOVED', wanted(), [member(leaving('reset'), { role: 'reset', state: 'done' })], [to('REMOVED')]],
  [
    'a machine that cannot be restored is shown as FAILED',
    wanted(),
    [member(leaving('reset'), { role: 'reset', state: 'failed', error: boom })],
    [to('FAILED', boom)],
  ],
  [
    'an unreachable machine is not waited for',
    wanted(),
    [member({ ...leaving('reset'), silent: 'unreachable' }, { state: 'done' }, 500_000)],
    [to('REMOVED')],
  ],
  [
    'a cluster is READY without a leaving node',
    wanted({ report: report(), reportAt: LATER }),
    [
      member({ ...working, state: 'READY' }, { state: 'done' }),
      member({ ...leaving('retire'), id: two, name: 'two', roles: ['worker'] }, { state: 'done', role: 'worker' }),
    ],
    [clusterTo('READY')],
  ],
  [
    'a node begins when its predecessor with the same name is removed from the cluster',
    wanted({ state: 'READY', gone: [{ name: 'two', address: '10.0.0.9', role: 'worker' }] }),
    [member({ ...working, state: 'READY' }, { state: 'done' }), member({ id: two, name: 'two', address: '10.0.0.2' })],
    [clusterTo('PROVISIONING')],
  ],
  [
    'or with the same address',
    wanted({ gone: [{ name: 'former', address: '10.0.0.2', role: 'master' }] }),
    [member({ ...working, state: 'READY' }, { state: 'done' }), member({ id: two, name: 'two', address: '10.0.0.2' })],
    [],
  ],
  [
    'also while the predecessor is being removed',
    wanted(),
    [
      member({ ...working, state: 'READY' }, { state: 'done' }),
      member(
        { ...leaving('retire'), id: three, name: 'three', address: '10.0.0.2' },
        { state: 'done', role: 'master' },
      ),
      member({ id: two, name: 'two', address: '10.0.0.2' }),
    ],
    [],
  ],
  [
    'but without waiting if no master could remove it',
    wanted({ gone: [{ name: 'one', address: '10.0.0.1', role: 'master' }] }),
    [member({})],
    [{ kind: 'instruct', nodeId: one, role: 'first-master' }],
  ],
  ['the last node was removed', wanted({ state: 'READY' }), [], [clusterTo('NEW', true)]],
]

const workersOf = (count: number, changes: Partial<Node>, r: Partial<Run> | null = null) =>
  Array.from({ length: count }, (_, at) => member({ id: `n-${at}`, roles: ['worker'], ...changes }, r))

describe('director', () => {
  it('limits how many workers begin at a time', () => {
    const master = member(working, {})
    const busy = workersOf(40, working, { role: 'worker' })
    const waiting = workersOf(200, {})
    const decisions = direct({ now, reportSilentMs: 0, cluster: wanted(), members: [master, ...busy, ...waiting] })
    expect(decisions).toHaveLength(60)
    expect(decisions[0]).toEqual({ kind: 'instruct', nodeId: 'n-0', role: 'worker' })
  })

  it.each(table)('%s', (_, wantedCluster, members, decisions) => {
    expect(direct({ now, reportSilentMs: 0, cluster: wantedCluster, members })).toEqual(decisions)
  })
})
