import { expect, test } from 'vitest'
import { type ClusterHealth, ClusterSettings, type ClusterView, type NodeView } from '../../protocol/admin.ts'
import { clusterText } from './cluster-text.ts'

const node: NodeView = {
  ...{ id: 'n-1', name: 'm1', cluster: 'demo', state: 'READY', roles: ['master'], address: '10.0.0.1', os: '' },
  ...{ agentVersion: '', lastSeen: null, step: null, waitingFor: null, fingerprint: '', connected: true, run: null },
  error: null,
}
const cluster: ClusterView = {
  ...{ id: 'c', name: 'demo', state: 'READY', kubernetesVersion: 'v1.36.3', settings: ClusterSettings.parse({}) },
  ...{ nodes: [node], stages: [], waitingFor: null, pairs: null, error: null },
}
const reportedAt = '2026-01-01T00:00:00.000Z'
const health = (isCurrent: boolean): ClusterHealth => ({
  etcd: null,
  nodes: [{ name: 'm1', ready: true }],
  reportedAt,
  isCurrent,
})

test('what Kubernetes says of nodes is shown while somebody tells it, and then since when nobody does', () => {
  expect(clusterText(cluster, health(true))).toMatch(/^m1 .* Ready$/m)
  expect(clusterText(cluster, health(true))).toMatch(/^Operator: {3}reports$/m)
  const silent = clusterText(cluster, health(false))
  expect(silent).toMatch(/^m1 .* unknown$/m)
  expect(silent).toContain(`Operator:   silent since ${reportedAt}`)
  const none = { etcd: null, nodes: null, reportedAt: null, isCurrent: false }
  expect(clusterText(cluster, none)).toMatch(/^Operator: {3}has not reported yet$/m)
})

test('words of nodes command no terminal', () => {
  const error = { code: 'a', message: '\x1b[2J', fix: '\x9b' }
  const text = clusterText({ ...cluster, error, nodes: [{ ...node, step: '\x1b[2J\n' }] }, health(true))
  expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
})
