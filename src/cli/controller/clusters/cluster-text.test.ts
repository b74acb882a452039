import { expect, test } from 'vitest'
import { DEFAULT_VERSIONS } from '../../../bundle/versions/sets.ts'
import type { ClusterHealth, ClusterView } from '../../../protocol/api/clusters.ts'
import type { NodeView } from '../../../protocol/api/nodes.ts'
import type { ExpiryState } from '../../../protocol/certificates/expiry.ts'
import { ClusterSettings } from '../../../protocol/settings/cluster-settings.ts'
import { localTime } from '../../kit/output.ts'
import { clusterText } from './cluster-text.ts'

const node: NodeView = {
  ...{
    id: 'n-1',
    name: 'm1',
    cluster: 'demo',
    createdAt: '',
    revision: 'r',
    state: 'READY',
    roles: ['master'],
    rule: null,
    ruleProblem: null,
    address: '10.0.0.1',
    os: '',
  },
  ...{
    agentVersion: '',
    lastSeen: null,
    step: null,
    waitingFor: null,
    fingerprint: '',
    serial: null,
    joinedAt: null,
    connected: true,
    isCordoned: null,
    run: null,
    problems: [],
  },
  error: null,
}
const cluster: ClusterView = {
  ...{
    id: 'c',
    name: 'demo',
    project: 'default',
    revision: 'r',
    state: 'READY',
    unknownSince: null,
    kubernetesVersion: DEFAULT_VERSIONS.kubernetes,
    settings: ClusterSettings.parse({}),
  },
  ...{
    nodes: [node],
    stages: [],
    waitingFor: null,
    problems: [],
    upgrade: null,
    pairs: null,
    agentUpdate: null,
    error: null,
  },
}
const reportedAt = '2026-01-01T00:00:00.000Z'
const now = new Date('2026-01-01T00:00:20.000Z')
const health = (isCurrent: boolean): ClusterHealth => ({
  etcd: null,
  etcdAt: null,
  nodes: [{ name: 'm1', ready: true, unhealthy: [] }],
  reportedAt,
  isCurrent,
  certificates: [],
})

test("shows the nodes' conditions while the operator reports them, and otherwise since when it does not", () => {
  expect(clusterText(cluster, health(true), now)).toMatch(/^m1 .* Ready$/m)
  expect(clusterText(cluster, health(true), now)).toMatch(/^Operator: {3}last report 20s ago$/m)
  const silent = clusterText(cluster, health(false), now)
  expect(silent).toMatch(/^m1 .* unknown$/m)
  expect(silent).toContain(`Operator:   no report since ${localTime(reportedAt)}`)
  const none = { etcd: null, etcdAt: null, nodes: null, reportedAt: null, isCurrent: false, certificates: [] }
  expect(clusterText(cluster, none, now)).toMatch(/^Operator: {3}has not reported yet$/m)
})

test('the health of etcd has its age, and a state that is unknown the time since when it is', () => {
  const etcd = [{ name: 'm1', isHealthy: true, isLearner: false }]
  const known = { ...health(true), etcd, etcdAt: '2026-01-01T00:00:08.000Z' }
  expect(clusterText(cluster, known, now)).toMatch(/^etcd: +1 of 1 members healthy, as of 12s ago$/m)
  const unasked = { ...health(false), etcd: null }
  expect(clusterText(cluster, unasked, now)).toMatch(/^etcd: +unknown: no master answers$/m)
  expect(clusterText({ ...cluster, state: 'NEW' }, unasked, now)).toMatch(/^etcd: +not installed yet$/m)
  const unknown = { ...cluster, state: 'UNKNOWN' as const, unknownSince: reportedAt }
  const text = clusterText(unknown, health(false), now)
  expect(text).toContain(`UNKNOWN since ${localTime(reportedAt)}: no report of the operator\n`)
})

test('certificates that expire soon are shown, and all if they are asked for', () => {
  const leaf = (name: string, notAfter: string, state: ExpiryState) => ({
    ...{ node: 'm1', name, owner: 'kubernetes' as const, renewedBy: 'agent' as const, state },
    ...{ notBefore: '2025-02-01T00:00:00.000Z', notAfter },
  })
  const certificates = [
    leaf('apiserver', '2025-12-31T00:00:00.000Z', 'expired'),
    leaf('admin.conf', '2026-02-01T00:00:20.000Z', 'soon'),
    leaf('ca', '2035-02-01T00:00:20.000Z', 'valid'),
  ]
  const text = clusterText(cluster, { ...health(true), certificates }, now)
  expect(text).toMatch(/^CERTIFICATE +NODE +OWNER +EXPIRES +LEFT +RENEWED BY +NOTE$/m)
  expect(text).toMatch(/^apiserver +m1 +kubernetes +2025-12-31 .* - +agent +EXPIRED$/m)
  expect(text).toMatch(/^admin.conf .* 31d +agent +expires soon$/m)
  expect(text).not.toMatch(/^ca /m)
  expect(clusterText(cluster, { ...health(true), certificates }, now, true)).toMatch(/^ca .* agent +-$/m)
  expect(clusterText(cluster, health(true), now, true)).not.toContain('CERTIFICATE')
})

test('control characters in the texts of nodes do not reach the terminal', () => {
  const error = { code: 'a', message: '\x1b[2J', fix: '\x9b' }
  const text = clusterText({ ...cluster, error, nodes: [{ ...node, step: '\x1b[2J\n' }] }, health(true), now)
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
})

test('shows how long a problem has lasted, and when it was last observed', () => {
  const problem = {
    ...{ code: 'node/disk-pressure', node: 'm1', message: 'node m1 has disk pressure' },
    ...{ since: '2025-12-31T23:50:00.000Z', seenAt: reportedAt },
  }
  const dns = { ...problem, code: 'dns/no-answer', node: null, message: "the cluster's DNS does not answer" }
  const problems = [problem, dns]
  const pressed = { ...health(true), nodes: [{ name: 'm1', ready: true, unhealthy: ['DiskPressure'] }] }
  const text = clusterText({ ...cluster, state: 'DEGRADED', problems }, pressed, now)
  expect(text).toMatch(/^State: {6}DEGRADED: node m1 has disk pressure \(and 1 more\)$/m)
  expect(text).toContain('\n[!] node m1 has disk pressure (for 10m, seen 20s ago)\n')
  expect(text).toContain("\n[!] the cluster's DNS does not answer (for 10m, seen 20s ago)\n")
  expect(text).toMatch(/^m1 .* Ready,DiskPressure$/m)
})
