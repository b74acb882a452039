import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { AgentError } from '../../base/agent-error.ts'
import { preflight } from './component.ts'

test('runs once for each configuration', async () => {
  const fake = fakeKubernetes()
  expect(await runComponent(preflight, fake)).toEqual(['preflight/run'])
  expect(await runComponent(preflight, fake)).toEqual([])
  fake.host.files.seed('/etc/kubernetes/kubeadm.yaml', 'other')
  expect(await runComponent(preflight, fake)).toEqual(['preflight/run'])
})

test('does not run once the manifests of the control plane exist: the ports are in use then', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seed('/etc/kubernetes/manifests/kube-apiserver.yaml', '')
  expect(await runComponent(preflight, fake)).toEqual([])
})

test('an error of kubeadm stops the run', async () => {
  const fake = fakeKubernetes()
  fake.host.on(['/usr/local/bin/kubeadm', 'init', 'phase', 'preflight'], { exitCode: 1, stderr: '[ERROR Swap]' })
  await expect(runComponent(preflight, fake)).rejects.toBeInstanceOf(AgentError)
})
