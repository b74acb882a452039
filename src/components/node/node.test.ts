import { expect, test } from 'vitest'
import { NODE, runKubeadm } from '../../../test/support/fake-kubeadm.ts'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { node } from './component.ts'

function prepared(cluster: Parameters<typeof fakeKubernetes>[0] = {}) {
  const fake = fakeKubernetes(cluster)
  for (const phase of ['certs all', 'kubeconfig all', 'control-plane apiserver', 'kubelet-start']) {
    runKubeadm(fake, phase)
  }
  return fake
}

test('is marked and labelled', async () => {
  const fake = prepared()
  expect(await runComponent(node, fake)).toEqual(['node/mark-control-plane', 'node/label'])
  expect(fake.objects.get(NODE)).toMatchObject({ metadata: { labels: { site: 'north' } } })
})

test('a taint from before is removed in a converged cluster, and stays in a dedicated one', async () => {
  const converged = prepared()
  const taint = { key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }
  Object.assign(converged.objects.get(NODE) as object, { spec: { taints: [taint] } })
  expect(await runComponent(node, converged)).toContain('node/remove-taint')
  expect(converged.objects.get(NODE)).toMatchObject({ spec: { taints: [] } })

  const dedicated = prepared({ dedicatedMasters: true })
  expect(await runComponent(node, dedicated)).toEqual(['node/mark-control-plane', 'node/label'])
  expect(dedicated.objects.get(NODE)).toMatchObject({ spec: { taints: [taint] } })
})

test('a node that does not come is named', async () => {
  const fake = prepared()
  fake.objects.delete(NODE)
  await expect(runComponent(node, fake)).rejects.toMatchObject({ code: 'node/not-registered' })
})
