import { expect, test } from 'vitest'
import { kubeletConf } from '../../../test/support/fake-kubeadm.ts'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { kubeletEndpoint } from './component.ts'

const CONF = '/etc/kubernetes/kubelet.conf'
const NEW = 'api.demo.cantrip.internal:6443'

function joined(overrides: Record<string, string> = {}) {
  const fake = fakeKubernetes({ endpoint: NEW, overrides })
  fake.host.files.seed(CONF, kubeletConf('10.0.0.1:6443'), { mode: 0o600 })
  fake.host.units.set('kubelet.service', { enabled: true, active: true })
  return fake
}

test('the kubelet of a node that has joined starts again with the new endpoint, and keeps the rest', async () => {
  const fake = joined()
  expect(await runComponent(kubeletEndpoint, fake)).toEqual(['kubelet-endpoint/use'])
  expect(fake.host.text(CONF)).toBe(kubeletConf(NEW))
  expect(fake.host.calls.map((argv) => argv.join(' '))).toContain('systemctl stop kubelet.service')
  expect(fake.host.units.get('kubelet.service')?.active).toBe(true)
  expect(await runComponent(kubeletEndpoint, fake)).toEqual([])
})

test('a kill after the change leaves a kubelet that does not run, and the next run starts it', async () => {
  const fake = joined()
  fake.host.files.seed(CONF, kubeletConf(NEW), { mode: 0o600 })
  fake.host.units.set('kubelet.service', { enabled: true, active: false })
  expect(await runComponent(kubeletEndpoint, fake)).toEqual(['kubelet-endpoint/use'])
  expect(fake.host.units.get('kubelet.service')?.active).toBe(true)
})

test('a write that fails does not leave the node without its kubelet', async () => {
  const fake = joined()
  fake.host.write = async () => {
    throw new Error('the disk is full')
  }
  await expect(runComponent(kubeletEndpoint, fake)).rejects.toThrow('the disk is full')
  expect(fake.host.units.get('kubelet.service')?.active).toBe(true)
})

test('an endpoint in an override of kubeadm stays', async () => {
  const kubeadm = 'kind: ClusterConfiguration\ncontrolPlaneEndpoint: 10.0.0.1:6443\n'
  expect(await runComponent(kubeletEndpoint, joined({ kubeadm }))).toEqual([])
})

test('nothing is done before the node has joined', async () => {
  const fake = joined()
  fake.host.files.deleteTree(CONF, false)
  expect(await runComponent(kubeletEndpoint, fake)).toEqual([])
})
