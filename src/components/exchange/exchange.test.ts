import { expect, test } from 'vitest'
import { type FakeKubernetes, fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { startService } from '../etcd/steps.ts'
import { exchangeMaster, exchangeWorker } from './component.ts'
import { exchangeKubelet } from './kubelet.ts'

const KUBELET = '/usr/local/bin/kubelet'
const FLAGS = '/var/lib/kubelet/kubeadm-flags.env'
const SOCKET = '--containerd=/run/cantrip-containerd/containerd.sock'
const UNIT = '/etc/systemd/system/kubelet.service'
const NEXT = 'v1.37.0'
/** Without the wait for the API. */
const ofWorker = { ...exchangeWorker, steps: () => [exchangeKubelet] }

/** A node whose kubelet was started by kubeadm of 1.36, with its flags, and whose parameters now name the next version. */
function due(task: ProvisionParams['task']): FakeKubernetes {
  const fake = fakeKubernetes({ kubernetesVersion: NEXT })
  const { host, params } = fake
  params.task = task
  host.files.seed(KUBELET, 'kubelet of 1.36', { mode: 0o755 })
  host.files.seed(FLAGS, `KUBELET_KUBEADM_ARGS="${SOCKET} --node-ip=10.0.0.5"\n`)
  host.files.seed('/var/lib/kubelet/config.yaml', 'kind: KubeletConfiguration\n')
  host.files.seed('/etc/kubernetes/kubeadm.yaml', 'kind: InitConfiguration\n')
  host.files.seed(UNIT, '[Service]\n')
  host.files.seedLink('/etc/systemd/system/multi-user.target.wants/kubelet.service', UNIT)
  host.units.set('kubelet.service', { enabled: true, active: true })
  host.on(['/usr/local/bin/kubeadm', 'upgrade', 'node', 'phase', 'kubelet-config'], {})
  return fake
}

test.each(['worker', 'first-master'] as const)(
  '%s: a power cut between flags and executable leaves a kubelet that starts',
  async (task) => {
    const fake = due(task)
    let atReplacement: string | undefined
    fake.host.replace = async () => {
      atReplacement = fake.host.text(FLAGS)
      throw new Error('power cut')
    }
    await expect(runComponent(task === 'worker' ? exchangeWorker : exchangeMaster(startService), fake)).rejects.toThrow(
      'power cut',
    )
    expect(atReplacement).toBe('KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.5"\n')
  },
)

test('a kubelet of the new version that was left with an unknown flag gets rid of it', async () => {
  const fake = due('worker')
  fake.host.files.seed(KUBELET, 'kubelet', { mode: 0o755 })
  expect(await runComponent(ofWorker, fake)).toEqual(['exchange/kubelet'])
  expect(fake.host.text(FLAGS)).toBe('KUBELET_KUBEADM_ARGS="--node-ip=10.0.0.5"\n')
  expect(await runComponent(ofWorker, fake)).toEqual([])
})

test('flags that the version has stay', async () => {
  const fake = due('worker')
  fake.params.cluster.kubernetesVersion = 'v1.36.2'
  await runComponent(ofWorker, fake)
  expect(fake.host.text(FLAGS)).toBe(`KUBELET_KUBEADM_ARGS="${SOCKET} --node-ip=10.0.0.5"\n`)
})
