import { describe, expect, it } from 'vitest'
import { facts } from '../../../../test/support/controller/agent.ts'
import { cluster, member, run, upgrade } from '../../../../test/support/controller/member.ts'
import { DEFAULT_VERSIONS } from '../../../bundle/versions/sets.ts'
import type { OperatorReport } from '../../../protocol/api/operators.ts'
import type { NodeCertificate } from '../../../protocol/certificates/node-certificate.ts'
import { ClusterSettings } from '../../../protocol/settings/cluster-settings.ts'
import type { Cluster, KnownProblem, Node } from '../records.ts'
import type { Member } from '../situation.ts'
import { problemsOf, SILENT_MS } from './problems.ts'

type Pod = OperatorReport['pods'][number]
type NodeReport = OperatorReport['nodes'][number]

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1_000)
const UP = 1_000
const READY = { state: 'READY', attempt: 1 } as const
const m1 = (changes: Partial<Node> = {}) =>
  member({ id: 'n-1', name: 'm1', roles: ['master'], ...READY, ...changes }, { state: 'done' })
const w1 = (changes: Partial<Node> = {}) =>
  member({ id: 'n-2', name: 'w1', roles: ['worker'], ...READY, ...changes }, { state: 'done', role: 'worker' })

const pod = (name: string, node: string, changes: Partial<Pod> = {}): Pod => ({
  namespace: 'kube-system',
  ...{ name, node, ready: true, phase: 'Running', restarts: 0 },
  ...changes,
})
const DNS = 'coredns-7d764666f9-2kvh5'
const flannel = { namespace: 'kube-flannel' }
const PODS = [
  ...['kube-apiserver', 'kube-controller-manager', 'kube-scheduler'].map((name) => pod(`${name}-m1`, 'm1')),
  ...['m1', 'w1'].map((node) => pod('kube-proxy-x8zqk', node)),
  ...['m1', 'w1'].map((node) => pod('kube-flannel-ds-lq4bb', node, flannel)),
  pod(DNS, 'm1'),
  pod('operator-5b9c4dd56f-jxw7n', 'w1', { namespace: 'cantrip-system' }),
]
const reported = (name: string, unhealthy: NodeReport['unhealthy'] = []): NodeReport => ({
  ...{ name, kubeletVersion: DEFAULT_VERSIONS.kubernetes, unhealthy },
  ready: unhealthy.every(({ type }) => type !== 'Ready'),
})
const condition = (type: string, reason = '', message = '') => ({ type, reason, message })
const without = (name: string, ...others: Pod[]) => [...PODS.filter((each) => each.name !== name), ...others]
const PRESSED = condition('DiskPressure', 'KubeletHasDiskPressure', 'kubelet has disk pressure')
const LOST = condition('Ready', 'NodeStatusUnknown', 'Kubelet stopped posting node status.')
const UNSCHEDULABLE = { reason: 'Unschedulable', message: '0/1 nodes are available: 1 Insufficient cpu.' }
const EVICTED = { reason: 'Evicted', message: 'The node was low on resource: ephemeral-storage.' }
const pending = (name: string, changes: Partial<Pod> = {}) =>
  pod(name, '', { ready: false, phase: 'Pending', why: UNSCHEDULABLE, ...changes })

const YEAR = 365 * 86_400
const leaf = (name: string, leftDays: number, changes: Partial<NodeCertificate> = {}): NodeCertificate => ({
  ...{ name, owner: 'kubernetes', renewedBy: 'agent' },
  notBefore: at(UP + leftDays * 86_400 - YEAR).toISOString(),
  notAfter: at(UP + leftDays * 86_400).toISOString(),
  ...changes,
})
const EXPIRING = [
  leaf('admin.conf', 59),
  leaf('apiserver', 13),
  leaf('etcd-server', -1, { owner: 'etcd' }),
  leaf('kubelet-serving', -1, { owner: 'kubelet', renewedBy: 'nobody' }),
]

interface Scene {
  report?: Partial<OperatorReport>
  members?: Member[]
  changes?: Partial<Cluster>
  silentMs?: number
  seconds?: number
}

function look({ report = {}, members = [m1(), w1()], changes = {}, silentMs = 0, seconds = UP }: Scene) {
  const nodes = [reported('m1'), reported('w1')]
  const known = cluster({
    ...{ desired: 'provision', attempt: 1, state: 'READY', establishedAt: at(0).toISOString() },
    report: { kubernetesVersion: DEFAULT_VERSIONS.kubernetes, nodes, pods: PODS, dns: true, ...report },
    reportAt: at(seconds - silentMs / 1_000).toISOString(),
    ...changes,
  })
  return problemsOf({ now: at(seconds), cluster: known, members, reportSilentMs: silentMs })
}
const codes = (found: readonly KnownProblem[]) => found.map(({ code, subject }) => `${code} ${subject}`.trim())
/** Begun so long ago. */
const inRepair = (of: Member, minutes: number): Member => ({
  ...of,
  repair: run({ repair: true, createdAt: at(UP - minutes * 60).toISOString() }),
})

const table: [string, Scene, string[]][] = [
  ['no problem', {}, []],
  ['none before it was READY', { report: { dns: false }, changes: { establishedAt: null } }, []],
  ['none during a reset', { report: { dns: false }, changes: { desired: 'reset' } }, []],
  ['its API is up without etcd', { report: { api: false } }, ['api/not-ready']],
  ['its DNS is down', { report: { dns: false } }, ['dns/no-answer']],
  ['the operator is silent', { silentMs: SILENT_MS }, ['operator/silent']],
  ['a report may be late', { silentMs: SILENT_MS - 1 }, []],
  ['an agent is unreachable', { members: [m1(), w1({ silent: 'unreachable' })] }, ['node/unreachable w1']],
  ['but not for a moment', { members: [m1(), w1({ silent: 'suspect' })] }, []],
  [
    'a repair has failed',
    { members: [m1(), { ...w1(), repair: run({ repair: true, state: 'failed' }) }] },
    ['repair/failed w1'],
  ],
  ['one is running', { members: [m1(), inRepair(w1(), 59)] }, []],
  ['one is running for too long', { members: [m1(), inRepair(w1(), 60)] }, ['repair/slow w1']],
  [
    'also on an unreachable node, which is the problem then',
    { members: [m1(), inRepair(w1({ silent: 'unreachable' }), 60)] },
    ['node/unreachable w1'],
  ],
  ['one was cancelled', { members: [m1(), { ...w1(), repair: run({ repair: true, state: 'cancelled' }) }] }, []],
  [
    'images are gone from a node',
    { members: [m1(), w1({ facts: { ...facts, missingImages: ['registry.k8s.io/pause:3.10.2'] } })] },
    ['node/images-missing w1'],
  ],
  [
    'certificates of nodes expire in 14 days, or have expired; not those of which there is only a warning yet',
    { members: [m1({ facts: { ...facts, certificates: EXPIRING } }), w1()] },
    ['certificate/expired m1', 'certificate/expires-soon m1'],
  ],
  [
    'a node has disk pressure',
    { report: { nodes: [reported('m1', [PRESSED]), reported('w1')] } },
    ['node/disk-pressure m1'],
  ],
  [
    'memory and PIDs',
    { report: { nodes: [reported('m1', [condition('MemoryPressure'), condition('PIDPressure')]), reported('w1')] } },
    ['node/memory-pressure m1', 'node/pid-pressure m1'],
  ],
  [
    "what other programs say of a node is not the cluster's",
    { report: { nodes: [reported('m1', [condition('KernelDeadlock')]), reported('w1')] } },
    [],
  ],
  [
    'a node is not Ready, nor are its pods: one problem',
    {
      report: {
        nodes: [reported('m1'), reported('w1', [LOST])],
        pods: PODS.map((each) => ({ ...each, ready: each.node !== 'w1' })),
      },
    },
    ['node/not-ready w1'],
  ],
  [
    'also from an operator of an earlier version',
    { report: { nodes: [reported('m1'), { name: 'w1', ready: false, kubeletVersion: '' }] } },
    ['node/not-ready w1'],
  ],
  ['a Node object was deleted', { report: { nodes: [reported('m1')] } }, ['node/not-registered w1']],
  ['a node that is not managed', { report: { nodes: [reported('m1'), reported('w1'), reported('x', [LOST])] } }, []],
  ['a joining node', { members: [m1(), w1({ state: 'PROVISIONING' })], report: { nodes: [reported('m1')] } }, []],
  ['a leaving node', { members: [m1(), w1({ leaving: 'retire' })], report: { nodes: [reported('m1')] } }, []],
  [
    'CoreDNS cannot be scheduled',
    { report: { pods: without(DNS, pending(DNS)) } },
    [`pod/unschedulable kube-system/${DNS}`],
  ],
  [
    "somebody else's pods cannot be scheduled",
    { report: { pods: [...PODS, pending('metrics-server-7d764666f9-2kvh5'), pending(DNS, { namespace: 'shop' })] } },
    [],
  ],
  [
    'an own pod is not Ready',
    { report: { pods: PODS.map((each) => (each.name === 'kube-scheduler-m1' ? { ...each, ready: false } : each)) } },
    ['pod/not-ready kube-system/kube-scheduler-m1'],
  ],
  [
    'one was evicted, and has a replacement',
    {
      report: {
        pods: [...PODS, pod('coredns-7d764666f9-b5tvz', 'w1', { ready: false, phase: 'Failed', why: EVICTED })],
      },
    },
    [],
  ],
  [
    'one was evicted, and has none',
    { report: { pods: without(DNS, pod(DNS, 'm1', { ready: false, phase: 'Failed', why: EVICTED })) } },
    ['pod/evicted kube-system/coredns'],
  ],
  ['CoreDNS is scaled down to nothing', { report: { pods: without(DNS) } }, ['pod/missing kube-system/coredns']],
  [
    'a pod is being deleted',
    { report: { pods: [...PODS, pod('coredns-7d764666f9-b5tvz', 'w1', { ready: false, leaving: true })] } },
    [],
  ],
  [
    'a master without its scheduler',
    { report: { pods: without('kube-scheduler-m1') } },
    ['pod/missing kube-system/kube-scheduler on node m1'],
  ],
  [
    'a node without its kube-proxy, which is not scheduled',
    {
      report: {
        pods: PODS.filter(({ name, node }) => name !== 'kube-proxy-x8zqk' || node === 'm1').concat(
          pending('kube-proxy-b5tvz'),
        ),
      },
    },
    ['pod/unschedulable kube-system/kube-proxy-b5tvz'],
  ],
  [
    'a pod network of the administrator may replace kube-proxy',
    { report: { pods: without('kube-proxy-x8zqk') }, changes: { settings: ClusterSettings.parse({ cni: 'none' }) } },
    [],
  ],
]

describe('problems', () => {
  it.each(table)('%s', (_, scene, expected) => {
    expect(codes(look(scene))).toEqual(expected)
  })

  it('have the reason and message of Kubernetes', () => {
    const pods = without(DNS, pending(DNS))
    const messages = look({ report: { nodes: [reported('m1', [PRESSED]), reported('w1')], pods } }).map(
      ({ message }) => message,
    )
    expect(messages).toEqual([
      'node m1 has disk pressure: KubeletHasDiskPressure, kubelet has disk pressure',
      `pod kube-system/${DNS} cannot be scheduled: Unschedulable, 0/1 nodes are available: 1 Insufficient cpu.`,
    ])
  })

  it('report a repair that does not end, with its start, and that other masters wait for it', () => {
    const [master, worker] = look({ members: [inRepair(m1(), 90), inRepair(w1(), 60)] })
    const why = 'has not ended within 60 minutes'
    const begun = (minutes: number) => ({ counts: true, since: at(UP - minutes * 60).toISOString() })
    expect(master).toMatchObject({
      ...{ node: 'm1', ...begun(90) },
      message: `the repair of node m1, started at ${begun(90).since}, ${why}; no other master is repaired meanwhile`,
    })
    const message = `the repair of node w1, started at ${begun(60).since}, ${why}`
    expect(worker).toMatchObject({ node: 'w1', ...begun(60), message })
  })

  const grace: [string, Scene, number][] = [
    ['DNS', { report: { dns: false } }, 15],
    ['the API', { report: { api: false } }, 15],
    ['a node', { report: { nodes: [reported('m1', [LOST]), reported('w1')] } }, 15],
    ['a pod', { report: { pods: without(DNS) } }, 60],
    ['etcd', { changes: { etcd: { at: at(UP).toISOString(), members: [], silentOn: 'm1' } } }, 60],
    ['the operator, after its silence', { silentMs: SILENT_MS }, 0],
    ['an agent, after its silence', { members: [m1({ silent: 'unreachable', lastSeen: null }), w1()] }, 0],
  ]
  it.each(grace)('count once they have lasted for longer than a restart takes: %s', (_, scene, seconds) => {
    const first = look(scene)
    expect(first.map(({ counts }) => counts)).toEqual([seconds === 0])
    const countsAfter = (later: number) =>
      look({ ...scene, seconds: UP + later, changes: { ...scene.changes, problems: first } }).map(
        ({ counts }) => counts,
      )
    if (seconds > 0) expect(countsAfter(seconds - 1)).toEqual([false])
    expect(countsAfter(seconds)).toEqual([true])
  })

  it('keep their time while their message changes, and start over after they have disappeared', () => {
    const scene = (message: string): Scene => ({
      report: { nodes: [reported('m1', [condition('Ready', '', message)]), reported('w1')] },
    })
    const first = look(scene('one'))
    const second = look({ ...scene('other'), seconds: UP + 5, changes: { problems: first } })
    expect(second[0]).toMatchObject({ since: first[0]?.since, message: 'node m1 is not Ready: other' })
    const gone = look({ seconds: UP + 6, changes: { problems: second } })
    const again = look({ ...scene('one'), seconds: UP + 7, changes: { problems: gone } })
    expect(again[0]?.since).toBe(at(UP + 7).toISOString())
  })

  it('are as old as Kubernetes reports, and count by the time since they were observed', () => {
    const since = '2026-01-01T00:00:10Z'
    const [found] = look({ report: { nodes: [reported('m1', [{ ...PRESSED, since }]), reported('w1')] } })
    expect(found).toMatchObject({ since: '2026-01-01T00:00:10.000Z', firstSeenAt: at(UP).toISOString(), counts: false })
    const [odd] = look({ report: { nodes: [reported('m1', [{ ...PRESSED, since: 'yesterday' }]), reported('w1')] } })
    expect(odd).toMatchObject({ since: at(UP).toISOString(), counts: false })
  })

  it('include the misuse of a key for a day, whatever the state of the node is', () => {
    const alarm = { code: 'node/retired-key', message: 'was used', fix: 'f', since: at(UP - 9).toISOString() }
    const scene = (seconds: number): Scene => ({
      members: [m1({ alarms: [{ ...alarm, at: at(UP).toISOString() }] }), w1()],
      seconds,
    })
    const [found] = look(scene(UP))
    expect(found).toMatchObject({ code: alarm.code, node: 'm1', message: 'node m1: was used', counts: true })
    expect(found?.since).toBe(alarm.since)
    expect(look(scene(UP + 86_400))).toEqual([])
  })

  it('include an upgrade that has failed, with its error, and none that is paused', () => {
    const error = { code: 'upgrade/drain-blocked', message: 'node w1 cannot be drained', fix: 'let the pod move' }
    const [found, ...others] = look({ changes: { upgrade: upgrade({ state: 'failed', error }) } })
    const message = 'the upgrade to v1.36.2 has failed: node w1 cannot be drained'
    expect(found).toMatchObject({ code: 'upgrade/failed', node: null, message, counts: true })
    expect(others).toEqual([])
    expect(look({ changes: { upgrade: upgrade({ state: 'paused' }) } })).toEqual([])
  })

  it('are equal when nothing has changed, as the store returns them', () => {
    const first = look({ report: { dns: false }, silentMs: SILENT_MS })
    const stored = JSON.parse(JSON.stringify(first))
    expect(look({ report: { dns: false }, silentMs: SILENT_MS, changes: { problems: stored } })).toEqual(stored)
  })
})
