import { expect, test } from 'vitest'
import { cluster, member } from '../../../../test/support/controller/member.ts'
import type { OperatorReport } from '../../../protocol/api/operators.ts'
import { relevantReport } from './relevant-report.ts'

const node = (name: string) => ({ name, ready: true, kubeletVersion: 'v1' })
const pod = (name: string, more: Partial<OperatorReport['pods'][number]> = {}) => ({
  ...{ namespace: 'kube-system', name, node: 'n1', ready: true, phase: 'Running', restarts: 0 },
  ...more,
})
const report = (more: Partial<OperatorReport>): OperatorReport => ({
  ...{ kubernetesVersion: 'v1', nodes: [node('n1')], pods: [], dns: true },
  ...more,
})
const nodes = [member({ name: 'n1' }).node]
const relevant = (more: Partial<OperatorReport>) => relevantReport({ cluster: cluster(), nodes }, report(more))

test('pods of users are left out, those of the own workloads are kept on every node', () => {
  const own = [
    pod('kube-proxy-bcdfg'),
    pod('coredns-bcdfg-hjklm', { node: 'foreign' }),
    pod('kube-proxy-xxxxx', { node: '' }),
  ]
  const other = [pod('web-1', { namespace: 'default' }), pod('my-tool', {})]
  expect(relevant({ pods: [...own, ...other] })).toEqual(report({ pods: own }))
})

test('a flood of nodes and pods takes no more than the size of the cluster permits, and its own come first', () => {
  const flood = Array.from({ length: 5_000 }, (_, at) => node(`x${at}`))
  const evicted = Array.from({ length: 5_000 }, () => pod('kube-proxy-bcdfg', { phase: 'Failed', ready: false }))
  const kept = relevant({ nodes: [...flood, node('n1')], pods: [...evicted, pod('kube-proxy-zzzzz')] })
  expect(kept.nodes).toHaveLength(101)
  expect(kept.nodes.at(-1)?.name).toBe('n1')
  expect(kept.pods).toHaveLength(216)
  expect(kept.pods[0]?.name).toBe('kube-proxy-zzzzz')
})
