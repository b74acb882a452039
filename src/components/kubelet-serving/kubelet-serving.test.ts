import { expect, test } from 'vitest'
import { KUBELET_PAIR } from '../../../test/support/fake-kubeadm.ts'
import { type FakeKubernetes, fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { kubeletServing } from './component.ts'
import { awaitCertificate } from './steps.ts'

const CONFIG = '/var/lib/kubelet/config.yaml'
const PAIR = '/var/lib/kubelet/pki/kubelet-server-current.pem'
const OLD = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\nmaxPods: 50\n'

function node(cluster: Partial<FakeKubernetes['params']['cluster']> = {}, config = OLD): FakeKubernetes {
  const fake = fakeKubernetes(cluster)
  fake.host.files.seed(CONFIG, config)
  fake.host.units.set('kubelet.service', { active: true })
  return fake
}

const issued = (fake: FakeKubernetes) => {
  fake.host.files.seed('/var/lib/kubelet/pki/kubelet-server-2026.pem', KUBELET_PAIR)
  fake.host.files.seedLink(PAIR, '/var/lib/kubelet/pki/kubelet-server-2026.pem')
}

test('a kubelet that an earlier build configured requests a certificate, and keeps its other settings', async () => {
  const fake = node({ kubeletCertificates: 'issued' })
  issued(fake)
  expect(await runComponent(kubeletServing, fake)).toEqual(['kubelet-serving/request-certificate'])
  expect(fake.host.text(CONFIG)).toMatch(/^maxPods: 50$[\s\S]*^serverTLSBootstrap: true$/m)
  expect(await runComponent(kubeletServing, fake)).toEqual([])
})

test.each<[string, Partial<FakeKubernetes['params']['cluster']>]>([
  ['the controller does not say so', {}],
  ['an override decides', { kubeletCertificates: 'issued', overrides: { kubelet: 'serverTLSBootstrap: false\n' } }],
  ['an override has a certificate', { kubeletCertificates: 'verified', overrides: { kubelet: 'tlsCertFile: /a\n' } }],
])('it remains as it is if %s', async (_, cluster) => {
  const fake = node(cluster)
  expect(await runComponent(kubeletServing, fake)).toEqual([])
  expect(fake.host.text(CONFIG)).toBe(OLD)
})

test('without an approval the run goes on after 60 s, and says so', async () => {
  const fake = node({ kubeletCertificates: 'verified' }, `${OLD}serverTLSBootstrap: true\n`)
  const from = fake.host.clock.nowMs
  const log: string[] = []
  const context = { signal: new AbortController().signal, progress() {}, log: (line: string) => void log.push(line) }
  const step = awaitCertificate()
  expect(await step.isDone(fake.host, fake.params)).toBe(false)
  await step.apply(fake.host, fake.params, context)
  expect(fake.host.clock.nowMs - from).toBeGreaterThanOrEqual(60_000)
  expect(log.join()).toMatch(/no serving certificate after 60 s/)
  expect(await step.isDone(fake.host, fake.params)).toBe(true)
  issued(fake)
  expect(await awaitCertificate().isDone(fake.host, fake.params)).toBe(true)
})
