import { expect, test } from 'vitest'
import { NODE, runKubeadm } from '../../../test/support/fake-kubeadm.ts'
import { type FakeKubernetes, fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { labeledNode, node } from './component.ts'

const EXCLUDED = 'node.kubernetes.io/exclude-from-external-load-balancers'
const labels = ({ objects }: FakeKubernetes) =>
  (objects.get(NODE) as { metadata: { labels: Record<string, string> } }).metadata.labels

function prepared(cluster: Parameters<typeof fakeKubernetes>[0] = {}) {
  const fake = fakeKubernetes(cluster)
  for (const phase of ['certs all', 'kubeconfig all', 'control-plane apiserver', 'kubelet-start']) {
    runKubeadm(fake, phase)
  }
  return fake
}

test('is marked and labeled', async () => {
  const fake = prepared()
  expect(await runComponent(node, fake)).toEqual(['node/mark-control-plane', 'node/serve-load-balancers', 'node/label'])
  expect(labels(fake)).toEqual({ 'node-role.kubernetes.io/control-plane': '', site: 'north' })
  expect(await runComponent(node, fake)).toEqual([])
})

test('a label that the setting no longer has is removed, and those of others stay', async () => {
  const fake = prepared()
  await runComponent(node, fake)
  Object.assign(labels(fake), { theirs: 'x' })
  fake.params.node.labels = { rack: '7' }
  expect(await runComponent(node, fake)).toEqual(['node/label'])
  expect(labels(fake)).toEqual({ 'node-role.kubernetes.io/control-plane': '', theirs: 'x', rack: '7' })
  expect(await runComponent(labeledNode, fake)).toEqual([])
})

test('a worker joined with its labels as a flag of the kubelet', async () => {
  const fake = prepared()
  fake.host.files.seed(
    '/var/lib/kubelet/kubeadm-flags.env',
    'KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.5 --node-labels=site=north,old=1"',
  )
  Object.assign(labels(fake), { site: 'north', old: '1' })
  expect(await runComponent(labeledNode, fake)).toEqual(['node/label'])
  expect(labels(fake)).toEqual({ site: 'north' })
})

test('a worker that has not registered yet registers with its labels', async () => {
  const fake = prepared()
  const flags = '/var/lib/kubelet/kubeadm-flags.env'
  fake.host.files.seed(flags, 'KUBELET_KUBEADM_ARGS="--node-labels=site=north"')
  fake.objects.delete(NODE)
  expect(await runComponent(labeledNode, fake)).toEqual([])
})

test('an earlier taint is removed, except on dedicated masters', async () => {
  const converged = prepared()
  const taint = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }
  Object.assign(converged.objects.get(NODE) as object, { spec: { taints: [taint] } })
  expect(await runComponent(node, converged)).toContain('node/remove-taint')
  expect(converged.objects.get(NODE)).toMatchObject({ spec: { taints: [] } })

  const dedicated = prepared({ dedicatedMasters: true })
  expect(await runComponent(node, dedicated)).toEqual(['node/mark-control-plane', 'node/label'])
  expect(dedicated.objects.get(NODE)).toMatchObject({ spec: { taints: [taint] } })
})

test('load balancers may use a master that also runs pods, even after kubeadm marked it again', async () => {
  const fake = prepared()
  await runComponent(node, fake)
  runKubeadm(fake, 'mark-control-plane')
  expect(labels(fake)).toHaveProperty([EXCLUDED])
  expect(await runComponent(node, fake)).toEqual(['node/serve-load-balancers'])
  expect(labels(fake)).not.toHaveProperty([EXCLUDED])
})

test('load balancers skip a dedicated master, and a node with the label', async () => {
  const dedicated = prepared({ dedicatedMasters: true })
  await runComponent(node, dedicated)
  expect(labels(dedicated)).toHaveProperty([EXCLUDED])

  const labelled = prepared()
  labelled.params.node.labels = { [EXCLUDED]: 'true' }
  await runComponent(node, labelled)
  expect(labels(labelled)).toHaveProperty([EXCLUDED], 'true')
})

test('a node that does not register is named', async () => {
  const fake = prepared()
  fake.objects.delete(NODE)
  await expect(runComponent(node, fake)).rejects.toMatchObject({ code: 'node/not-registered' })
})
