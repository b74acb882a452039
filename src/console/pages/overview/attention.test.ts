import { expect, test } from 'vitest'
import { attentionOf } from './attention.ts'

type Clusters = Parameters<typeof attentionOf>[0]
type Nodes = Parameters<typeof attentionOf>[1]

const cluster = (name: string, more: Partial<Clusters[number]> = {}): Clusters[number] => ({
  ...{ name, state: 'READY', unknownSince: null, kubernetesVersion: 'v1.36.2', error: null, problems: [] },
  ...more,
})
const node = (name: string, state: Nodes[number]['state'], more: Partial<Nodes[number]> = {}): Nodes[number] => ({
  ...{ id: `n-${name}`, name, cluster: 'demo', state, lastSeen: null, error: null },
  ...more,
})

test('nothing needs attention where all is well', () => {
  const bundles = [{ kubernetesVersion: 'v1.36.2' }, { kubernetesVersion: 'v1.35.4' }]
  expect(attentionOf([cluster('demo')], [node('a', 'READY')], bundles)).toEqual([])
  expect(attentionOf([], [], [])).toEqual([])
})

test('failures come first, approvals and old versions last, and each leads to where it is mended', () => {
  const problem = { code: 'node/disk-pressure', node: 'a', message: 'the disk fills', since: '2026-06-01T12:00:00Z' }
  const clusters = [
    cluster('demo', { state: 'DEGRADED', problems: [problem] }),
    cluster('old', { kubernetesVersion: 'v1.36.1', error: { message: 'etcd lost its quorum' } }),
  ]
  const nodes = [
    node('b', 'DISCOVERED'),
    node('c', 'FAILED', { error: { message: 'no space' } }),
    node('d', 'UNREACHABLE'),
  ]
  const found = attentionOf(clusters, nodes, [{ kubernetesVersion: 'v1.36.2' }])
  expect(found.map(({ severity, text, to }) => [severity, text, to])).toEqual([
    ['danger', 'old: etcd lost its quorum', '/clusters/old/stages'],
    ['danger', 'c in demo: no space', '/nodes/n-c'],
    ['warning', 'demo: a: the disk fills', '/clusters/demo/health'],
    ['warning', 'd in demo: the node does not answer', '/nodes/n-d'],
    ['info', 'old: Kubernetes v1.36.1; there is a bundle of v1.36.2', '/clusters/old/upgrade'],
    ['info', 'demo: node b waits for approval', '/clusters/demo/nodes?q=state%3Adiscovered'],
  ])
  expect(new Set(found.map(({ key }) => key)).size).toBe(found.length)
})

test('many nodes of one kind are one line', () => {
  const nodes = Array.from({ length: 300 }, (_, index) => node(`w${index}`, 'FAILED'))
  expect(attentionOf([], nodes, []).map(({ text, to }) => [text, to])).toEqual([
    ['300 nodes are failed', '/nodes?q=state%3Afailed'],
  ])
})

test('a cluster that was not provisioned yet is not old', () => {
  const found = attentionOf(
    [cluster('new', { state: 'NEW', kubernetesVersion: 'v1.35.4' })],
    [],
    [{ kubernetesVersion: 'v1.36.2' }],
  )
  expect(found).toEqual([])
})
