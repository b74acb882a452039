import { expect, test } from 'vitest'
import { TABS } from '../cluster/tabs.ts'
import { attentionOf } from './attention.ts'

type Clusters = Parameters<typeof attentionOf>[0]
type Nodes = Parameters<typeof attentionOf>[1]

const cluster = (name: string, more: Partial<Clusters[number]> = {}): Clusters[number] => ({
  ...{ name, state: 'READY', unknownSince: null, kubernetesVersion: 'v1.36.2', error: null, problems: [] },
  ...more,
})
const node = (name: string, state: Nodes[number]['state'], more: Partial<Nodes[number]> = {}): Nodes[number] => ({
  ...{ id: `n-${name}`, name, cluster: 'demo', state, roles: [], lastSeen: null, error: null },
  ...more,
})

/** Whether the address is that of a node, or of a cluster and a tab that it has. */
const isPage = (to: string): boolean => {
  const [, of, , tab = ''] = to.replace(/\?.*/, '').split('/')
  return of === 'nodes' || TABS.some(({ path }) => path === tab)
}

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
    node('c', 'FAILED', { error: { message: 'no\n  space\n' } }),
    node('d', 'UNREACHABLE'),
  ]
  const found = attentionOf(clusters, nodes, [{ kubernetesVersion: 'v1.36.2' }])
  expect(found.map(({ severity, text, to }) => [severity, text, to])).toEqual([
    ['danger', 'old: etcd lost its quorum', '/clusters/old'],
    ['danger', 'c in demo: no space', '/nodes/n-c'],
    ['warning', 'demo: a: the disk fills', '/clusters/demo/health'],
    ['warning', 'd in demo: the node does not answer', '/nodes/n-d'],
    ['info', 'old: Kubernetes v1.36.1; there is a bundle of v1.36.2', '/clusters/old/upgrade'],
    ['info', 'demo: node b waits for approval', '/clusters/demo/nodes?q=state%3Adiscovered'],
  ])
  expect(new Set(found.map(({ key }) => key)).size).toBe(found.length)
  for (const { to } of found) expect(isPage(to), to).toBe(true)
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

test('what a person does next with a new cluster: configure its nodes, then provision it', () => {
  const clusters = [cluster('demo', { state: 'NEW' }), cluster('other', { state: 'NEW' })]
  const nodes = [
    node('a', 'APPROVED'),
    node('b', 'APPROVED'),
    node('c', 'APPROVED', { roles: ['worker'] }),
    node('d', 'CONFIGURED', { cluster: 'other', roles: ['master'] }),
    node('e', 'APPROVED', { cluster: 'other' }),
  ]
  const found = attentionOf(clusters, nodes, [])
  expect(found.map(({ severity, text, to }) => [severity, text, to])).toEqual([
    ['info', 'demo: 2 nodes wait to be configured', '/clusters/demo/nodes?q=state%3Aapproved'],
    ['info', 'other: node e waits to be configured', '/clusters/other/nodes?q=state%3Aapproved'],
    ['info', 'other: waits to be provisioned', '/clusters/other'],
  ])
  expect(found.every(({ to }) => isPage(to))).toBe(true)
  expect(attentionOf([cluster('other')], [node('d', 'CONFIGURED', { cluster: 'other' })], [])).toEqual([])
})
