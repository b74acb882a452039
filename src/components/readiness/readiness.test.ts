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
const ALL = [
  pod('kube-system', 'kube-apiserver-n1'),
  pod('kube-system', 'kube-controller-manager-n1'),
  pod('kube-system', 'kube-scheduler-n1'),
  pod('kube-system', 'kube-proxy-a'),
  pod('kube-system', 'coredns-a'),
  pod('kube-flannel', 'kube-flannel-ds-a'),
  pod('cantrip-system', 'operator-a'),
]
const READY = { status: { conditions: [{ type: 'Ready', status: 'True' }] } }
const { params } = fakeKubernetes()

test.each([
  ['all is Ready', READY, ALL, []],
  ['the node is not', { status: { conditions: [] } }, ALL, ['node n1']],
  ['the API says nothing', undefined, [], expect.arrayContaining(['node n1', 'coredns-'])],
  ['a pod is still missing', READY, ALL.slice(1), ['kube-apiserver-n1']],
  ['a pod is not Ready', READY, [...ALL, pod('kube-system', 'coredns-b', false)], ['kube-system/coredns-b']],
  ['a pod ran to its end', READY, [...ALL, pod('kube-system', 'job-a', false, 'Succeeded')], []],
  ['a pod was evicted', READY, [...ALL, pod('kube-system', 'coredns-b', false, 'Failed')], []],
  [
    'all of its kind were evicted',
    READY,
    [...ALL.slice(0, 4), pod('kube-system', 'coredns-a', false, 'Failed'), ...ALL.slice(5)],
    ['coredns-'],
  ],
  ['an add-on runs elsewhere', READY, [...ALL.slice(0, 4), elsewhere('coredns-a'), ...ALL.slice(5)], []],
  ['an add-on elsewhere is not Ready', READY, [...ALL, elsewhere('coredns-b', false)], ['kube-system/coredns-b']],
  ["another node's pod is not Ready", READY, [...ALL, elsewhere('kube-proxy-b', false)], []],
  ["somebody else's pod is not Ready", READY, [...ALL, pod('default', 'mine', false)], []],
])('%s', (_, node, pods, expected) => {
  expect(waitingFor(params, node, pods)).toEqual(expected)
})

test('without a network of ours the node waits for theirs, and so do pods with addresses', () => {
  const { params: none } = fakeKubernetes({ cni: 'none' })
  const pods = [...ALL.slice(0, 4), pod('kube-system', 'coredns-a', false)]
  expect(waitingFor(none, { status: { conditions: [] } }, pods)).toEqual([])
})

test('what is not Ready in the end is named', async () => {
  const fake = fakeKubernetes()
  const [step] = readiness.steps(fake.params)
  const context = { signal: new AbortController().signal, progress: () => undefined, log: () => undefined }
  await expect(step?.apply(fake.host, fake.params, context)).rejects.toMatchObject({
    code: 'readiness/not-ready',
    message: expect.stringContaining('node n1'),
  })
})
