import { expect, test } from 'vitest'
import { fakeKubernetes } from '../../../test/support/fake-kubernetes.ts'
import { readiness } from './component.ts'
import { type PodObject, waitingFor } from './waiting-for.ts'

const pod = (namespace: string, name: string, ready = true, phase = 'Running'): PodObject => ({
  metadata: { namespace, name },
  status: { phase, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
})
const elsewhere = (name: string, ready = true): PodObject => ({
  ...pod('kube-system', name, ready),
  spec: { nodeName: 'n2' },
})
const DNS = 'coredns-7d764666f9-2kvh5'
const OTHER_DNS = 'coredns-7d764666f9-b5tvz'
const ALL = [
  pod('kube-system', 'kube-apiserver-n1'),
  pod('kube-system', 'kube-controller-manager-n1'),
  pod('kube-system', 'kube-scheduler-n1'),
  pod('kube-system', 'kube-proxy-x8zqk'),
  pod('kube-system', DNS),
  pod('kube-flannel', 'kube-flannel-ds-lq4bb'),
  pod('cantrip-system', 'operator-5b9c4dd56f-jxw7n'),
]
const without = (name: string, ...others: PodObject[]) => [
  ...ALL.filter(({ metadata }) => metadata.name !== name),
  ...others,
]
const gone = (name: string): PodObject => ({
  ...elsewhere(name, false),
  metadata: { namespace: 'kube-system', name, deletionTimestamp: '2026-01-01T00:00:00Z' },
})
const READY = { status: { conditions: [{ type: 'Ready', status: 'True' }] } }
const PRESSED = { status: { conditions: [...READY.status.conditions, { type: 'DiskPressure', status: 'True' }] } }
const { params } = fakeKubernetes()

test.each([
  ['all is Ready', READY, ALL, []],
  ['the node is not', { status: { conditions: [] } }, ALL, ['node n1']],
  [
    'the node has disk pressure, and a pod is missing',
    PRESSED,
    ALL.slice(1),
    ['node n1 has disk pressure', 'kube-apiserver'],
  ],
  ['the node has disk pressure, and all is Ready', PRESSED, ALL, []],
  ['the API says nothing', undefined, [], expect.arrayContaining(['node n1', 'coredns'])],
  ['a pod is still missing', READY, ALL.slice(1), ['kube-apiserver']],
  ['a pod is not Ready', READY, without(DNS, pod('kube-system', DNS, false)), [`kube-system/${DNS}`]],
  ['a pod was evicted', READY, [...ALL, pod('kube-system', OTHER_DNS, false, 'Failed')], []],
  ['all of its kind were evicted', READY, without(DNS, pod('kube-system', DNS, false, 'Failed')), ['coredns']],
  ['an add-on runs elsewhere', READY, without(DNS, elsewhere(DNS)), []],
  ['one of two is on a node that is lost', READY, [...ALL, elsewhere(OTHER_DNS, false)], []],
  ['the only one is on a node that is lost', READY, without(DNS, elsewhere(DNS, false)), [`kube-system/${DNS}`]],
  ['what is left of it there goes', READY, without(DNS, gone(DNS)), ['coredns']],
  ["another node's pod is not Ready", READY, [...ALL, elsewhere('kube-proxy-b5tvz', false)], []],
  ["somebody else's pod is not Ready", READY, [...ALL, pod('default', 'mine', false)], []],
  [
    "somebody else's pods of the same namespace are Pending, here and anywhere",
    READY,
    [...ALL, pod('kube-system', 'metrics-server-7d764666f9-2kvh5', false), pod('kube-system', 'coredns-mine', false)],
    [],
  ],
])('%s', (_, node, pods, expected) => {
  expect(waitingFor(params, node, pods)).toEqual(expected)
})

test('a further node waits only for its own pods', () => {
  const own = [pod('kube-system', 'kube-proxy-x8zqk'), pod('kube-flannel', 'kube-flannel-ds-lq4bb')]
  expect(waitingFor({ ...params, task: 'worker' }, READY, own)).toEqual([])
  expect(waitingFor({ ...params, task: 'master' }, READY, own)).toEqual([
    'kube-apiserver',
    'kube-controller-manager',
    'kube-scheduler',
  ])
})

test('with cni none neither the node nor pods with addresses are waited for', () => {
  const { params: none } = fakeKubernetes({ cni: 'none' })
  const pods = [...ALL.slice(0, 4), pod('kube-system', DNS, false)]
  expect(waitingFor(none, { status: { conditions: [] } }, pods)).toEqual([])
})

test('after the timeout, what is not Ready is named', async () => {
  const fake = fakeKubernetes()
  const [step] = readiness.steps(fake.params)
  const context = { signal: new AbortController().signal, progress: () => undefined, log: () => undefined }
  await expect(step?.apply(fake.host, fake.params, context)).rejects.toMatchObject({
    code: 'readiness/not-ready',
    message: expect.stringContaining('node n1'),
  })
})
