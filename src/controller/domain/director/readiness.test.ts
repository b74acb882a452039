import { expect, it } from 'vitest'
import { cluster, member, node, run } from '../../../../test/support/controller/member.ts'
import { DEFAULT_VERSIONS } from '../../../bundle/versions/sets.ts'
import type { OperatorReport } from '../../../protocol/api/operators.ts'
import { clusterReadiness, nodeReadiness, type Readiness } from './readiness.ts'

type Pod = OperatorReport['pods'][number]

const pod = (changes: Partial<Pod> = {}): Pod => ({
  namespace: 'kube-system',
  name: 'coredns-7d764666f9-2kvh5',
  node: 'one',
  ready: true,
  phase: 'Running',
  restarts: 0,
  ...changes,
})
const object = (name: string, ready = true) => ({ name, ready, kubeletVersion: DEFAULT_VERSIONS.kubernetes })
const READY: Readiness = { ready: true }
const waiting = (waitingFor: string): Readiness => ({ ready: false, waitingFor })

const table: [string, Partial<OperatorReport>, Readiness, Readiness][] = [
  ['everything is ready', {}, READY, READY],
  [
    'an own pod is not scheduled',
    { pods: [pod(), pod({ ready: false, phase: 'Pending', node: '' })] },
    READY,
    waiting('1 of 2 pods: kube-system/coredns-7d764666f9-2kvh5'),
  ],
  [
    'an own pod is not ready, and the reason is known',
    {
      pods: [pod(), pod({ name: 'kube-proxy-x8zqk', ready: false, why: { reason: 'ErrImageNeverPull', message: '' } })],
    },
    waiting('1 of 2 pods: kube-system/kube-proxy-x8zqk: ErrImageNeverPull'),
    waiting('1 of 2 pods: kube-system/kube-proxy-x8zqk: ErrImageNeverPull'),
  ],
  [
    "somebody else's pods of the same namespace wait, here or anywhere",
    {
      pods: [
        pod(),
        pod({ name: 'metrics-server-a', ready: false }),
        pod({ name: 'kube-proxy-mine', node: '', ready: false }),
      ],
    },
    READY,
    READY,
  ],
  [
    "somebody's own pods are not ready",
    { pods: [pod(), pod({ namespace: 'shop', ready: false }), pod({ namespace: 'shop', node: '', ready: false })] },
    READY,
    READY,
  ],
  [
    'a pod was evicted',
    { pods: [pod(), pod({ name: 'coredns-7d764666f9-b5tvz', ready: false, phase: 'Failed' })] },
    READY,
    READY,
  ],
  ['all pods were evicted', { pods: [pod({ ready: false, phase: 'Failed' })] }, waiting('pods'), waiting('pods')],
  [
    'all pods were evicted from a node with disk pressure',
    {
      nodes: [{ ...object('one'), unhealthy: [{ type: 'DiskPressure', reason: '', message: '' }] }],
      pods: [pod({ ready: false, phase: 'Failed' })],
    },
    waiting('pods; disk pressure on one'),
    waiting('pods; disk pressure on one'),
  ],
  [
    'the cluster has a node that is not managed, or not any more',
    { nodes: [object('one'), object('gone', false)], pods: [pod(), pod({ node: 'gone', ready: false })] },
    READY,
    READY,
  ],
  [
    'the node is not ready',
    { nodes: [object('one', false)] },
    waiting('node one to be Ready'),
    waiting('node one to be Ready'),
  ],
]

it.each(table)('%s', (_, changes, ofNode, ofCluster) => {
  const report = {
    kubernetesVersion: DEFAULT_VERSIONS.kubernetes,
    nodes: [object('one')],
    pods: [pod()],
    dns: true,
    ...changes,
  }
  const seen = cluster({ report, reportAt: '2026-01-01T00:10:00.000Z' })
  expect(nodeReadiness(seen, node(), run({ state: 'done' }))).toEqual(ofNode)
  const leaving = member({ id: 'n-b', name: 'gone', leaving: 'retire', state: 'READY' })
  expect(clusterReadiness(seen, [member({ state: 'READY' }), leaving])).toEqual(ofCluster)
})
