import { expect, test } from 'vitest'
import { DEFAULT_VERSIONS } from '../bundle/versions/sets.ts'
import { OperatorReport } from '../protocol/api/operators.ts'
import { buildReport, nodeReport, type PodObject, podReport, withoutDetails } from './cluster-state.ts'

const KNOWN = { kubernetesVersion: DEFAULT_VERSIONS.kubernetes, dns: true, api: true }
const ready = (status: string) => ({ conditions: [{ type: 'Ready', status }] })

test('a node is ready if its Ready condition is True, and unschedulable if it is cordoned', () => {
  const metadata = { name: 'n1', uid: '1' }
  const nodeInfo = { kubeletVersion: DEFAULT_VERSIONS.kubernetes }
  expect(nodeReport({ metadata, status: { ...ready('True'), nodeInfo } })).toEqual({
    name: 'n1',
    ready: true,
    kubeletVersion: DEFAULT_VERSIONS.kubernetes,
    unschedulable: false,
    unhealthy: [],
  })
  expect(nodeReport({ metadata, spec: { unschedulable: true } }).unschedulable).toBe(true)
  expect(nodeReport({ metadata, status: ready('Unknown') }).ready).toBe(false)
  expect(nodeReport({ metadata }).ready).toBe(false)
})

test.each([
  ['runs and is Ready', { ...ready('True'), phase: 'Running' }, true],
  ['runs and is not Ready', { ...ready('False'), phase: 'Running' }, false],
  ['ran to its end', { ...ready('False'), phase: 'Succeeded' }, true],
  ['failed', { ...ready('False'), phase: 'Failed' }, false],
  ['has no status yet', undefined, false],
])('a pod that %s', (_, status, expected) => {
  const pod: PodObject = { metadata: { name: 'p', namespace: 'x', uid: '1' }, ...(status && { status }) }
  expect(podReport(pod).ready).toBe(expected)
})

test('restarts are summed over containers, and a report stays within its limits', () => {
  const status = { phase: 'Running', containerStatuses: [{ restartCount: 2 }, { restartCount: 3 }] }
  const pod = podReport({ metadata: { name: 'p', namespace: 'x', uid: '1' }, spec: { nodeName: 'n1' }, status })
  expect(pod).toMatchObject({ node: 'n1', restarts: 5 })
  const own = Array.from({ length: 20_001 }, () => ({ ...pod, namespace: 'kube-system' }))
  expect(buildReport(KNOWN, [], [...own, pod]).pods).toHaveLength(20_000)
  expect(buildReport(KNOWN, [], [pod, ...own.slice(0, 2), pod]).pods).toEqual(own.slice(0, 2))
})

const SINCE = '2026-01-01T00:00:00Z'
const condition = (type: string, status: string, reason = '', message = '') => ({
  ...{ type, status, reason, message },
  lastTransitionTime: SINCE,
})

test('reports pressure and the reason for not Ready; no healthy conditions, and none of other programs', () => {
  const conditions = [
    condition('Ready', 'Unknown', 'NodeStatusUnknown', 'Kubelet stopped posting node status.'),
    condition('DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure'),
    condition('MemoryPressure', 'False', 'KubeletHasSufficientMemory'),
    condition('PIDPressure', 'Unknown', 'NodeStatusUnknown'),
    condition('NetworkUnavailable', 'False', 'FlannelIsUp'),
    condition('KernelDeadlock', 'True', 'DockerHung'),
  ]
  expect(nodeReport({ metadata: { name: 'n1', uid: '1' }, status: { conditions } }).unhealthy).toEqual([
    { type: 'Ready', reason: 'NodeStatusUnknown', message: 'Kubelet stopped posting node status.', since: SINCE },
    { type: 'DiskPressure', reason: 'KubeletHasDiskPressure', message: 'kubelet has disk pressure', since: SINCE },
  ])
})

const metadata = { name: 'p', namespace: 'kube-system', uid: '1' }
const unready = condition('Ready', 'False', 'ContainersNotReady', 'containers with unready status: [coredns]')
const waiting = (reason: string) => [{ restartCount: 0, state: { waiting: { reason } } }]

test.each<[string, PodObject['status'], string]>([
  [
    'cannot be scheduled',
    { phase: 'Pending', conditions: [condition('PodScheduled', 'False', 'Unschedulable', '0/1 nodes are available.')] },
    'Unschedulable',
  ],
  ['was evicted', { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource.' }, 'Evicted'],
  [
    'has no image',
    { phase: 'Pending', conditions: [unready], containerStatuses: waiting('ErrImageNeverPull') },
    'ErrImageNeverPull',
  ],
  ['is not Ready', { phase: 'Running', conditions: [unready] }, 'ContainersNotReady'],
])('why a pod of the cluster %s', (_, status, reason) => {
  expect(podReport({ metadata, ...(status && { status }) }).why?.reason).toBe(reason)
})

test('no reason for a healthy pod, nor for pods of users', () => {
  expect(podReport({ metadata, status: { ...ready('True'), phase: 'Running' } })).not.toHaveProperty('why')
  const theirs = { ...metadata, namespace: 'shop' }
  expect(podReport({ metadata: theirs, status: { phase: 'Pending', conditions: [unready] } })).not.toHaveProperty('why')
  expect(podReport({ metadata: { ...metadata, deletionTimestamp: SINCE } }).leaving).toBe(true)
})

test('messages of Kubernetes are limited in bytes, in whole characters', () => {
  const status = {
    phase: 'Pending',
    conditions: [condition('PodScheduled', 'False', 'Unschedulable', 'é€'.repeat(500))],
  }
  const message = podReport({ metadata, status }).why?.message ?? ''
  expect(Buffer.byteLength(message)).toBeLessThanOrEqual(300)
  expect(message).toMatch(/^[é€]+ … [é€]+$/)
})

test('with too many pods, those of the cluster itself are reported', () => {
  const other = podReport({ metadata: { ...metadata, namespace: 'shop' } })
  const pods = [...Array.from({ length: 20_000 }, () => other), podReport({ metadata })]
  expect(buildReport(KNOWN, [], pods).pods[0]?.namespace).toBe('kube-system')
})

test('the schema ignores unknown fields, and an earlier controller gets only known fields', () => {
  const status = { conditions: [condition('DiskPressure', 'True')] }
  const nodes = [nodeReport({ metadata: { name: 'n1', uid: '1' }, status })]
  const pods = [podReport({ metadata: { ...metadata, deletionTimestamp: SINCE }, status: { reason: 'Evicted' } })]
  const report = buildReport(KNOWN, nodes, pods)
  expect(OperatorReport.parse({ ...report, later: 1, pods: [{ ...report.pods[0], later: 1 }] })).toEqual(report)
  expect(withoutDetails(report)).toEqual({
    ...{ kubernetesVersion: DEFAULT_VERSIONS.kubernetes, dns: true },
    nodes: [{ name: 'n1', ready: false, kubeletVersion: '' }],
    pods: [{ namespace: 'kube-system', name: 'p', node: '', ready: false, phase: 'Pending', restarts: 0 }],
  })
})
