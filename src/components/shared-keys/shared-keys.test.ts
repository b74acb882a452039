import { expect, test } from 'vitest'
import { fakeEtcd } from '../../../test/support/fake-etcd.ts'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import { SHARED_FILES } from '../../provision/shared-files.ts'
import { sharedKeys } from './component.ts'

const files = Object.fromEntries(Object.keys(SHARED_FILES).map((name) => [name, `content of ${name}`]))

function master() {
  const fake = fakeKubernetes()
  fake.host.files.seed(CONTAINERD.socket, '')
  let asked = 0
  fake.params.task = 'master'
  fake.params.requestInvitation = async () => {
    asked += 1
    return { role: 'master', files }
  }
  return { ...fake, asked: () => asked }
}

test('keys are requested once, and only root can read them', async () => {
  const fake = master()
  await runComponent(sharedKeys, fake)
  expect(await runComponent(sharedKeys, fake)).toEqual([])
  expect(fake.asked()).toBe(1)
  expect(fake.host.text('/etc/etcd/pki/ca.key')).toBe('content of etcd-ca.key')
  for (const [name, { path }] of Object.entries(SHARED_FILES)) {
    expect(fake.host.files.stat(path)?.mode, path).toBe(name.endsWith('.key') ? 0o600 : 0o644)
  }
})

test('after a kill they are requested again', async () => {
  const fake = master()
  await runComponent(sharedKeys, fake)
  fake.host.files.delete('/etc/kubernetes/pki/sa.key')
  expect(await runComponent(sharedKeys, fake)).toEqual(['shared-keys/accept-invitation'])
  expect(fake.host.text('/etc/kubernetes/pki/sa.key')).toBe('content of sa.key')
})

test('a new run requests its turn again', async () => {
  const fake = master()
  await runComponent(sharedKeys, fake)
  fake.params.run = 'r-bbbbbbbbbb'
  expect(await runComponent(sharedKeys, fake)).toEqual(['shared-keys/accept-invitation'])
  expect(fake.asked()).toBe(2)
})

test('a node with a vote in etcd has joined and needs no turn; a learner does', async () => {
  const fake = master()
  await runComponent(sharedKeys, fake)
  fake.params.run = 'r-bbbbbbbbbb'
  const etcd = fakeEtcd(fake.host, ['10.0.0.5'], { name: 'm1', peer: 'https://10.0.0.5:2380' })
  expect(await runComponent(sharedKeys, fake)).toEqual([])
  for (const member of etcd.members) member.isLearner = true
  expect(await runComponent(sharedKeys, fake)).toEqual(['shared-keys/accept-invitation'])
})

test('the programs of a master are installed before its turn', async () => {
  const fake = master()
  const { requestInvitation } = fake.params
  fake.params.requestInvitation = async (context) => {
    expect(fake.host.files.stat('/usr/local/bin/kubeadm')).toBeDefined()
    expect([...fake.images.keys()]).toContain('registry.k8s.io/coredns/coredns:v1.14.2')
    return requestInvitation(context)
  }
  await runComponent(sharedKeys, fake)
  expect(fake.asked()).toBe(1)
})
