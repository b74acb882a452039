import { X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { type FakeKubernetes, fakeKubernetes, runComponent } from '../../test/support/fake-kubernetes.ts'
import { orderComponents } from '../engine/component-order.ts'
import type { Workflow } from '../engine/step.ts'
import { certificatesOf } from '../provision/certificates/certificates-of.ts'
import type { ProvisionParams } from '../provision/params.ts'
import { firstMaster } from './first-master.ts'
import { renewMaster, renewMasterAlone } from './renew.ts'

const DAY_MS = 86_400_000
const PKI = '/etc/kubernetes/pki'

async function run(workflow: Workflow<ProvisionParams>, fake: FakeKubernetes): Promise<string[]> {
  const applied: string[] = []
  for (const component of orderComponents(workflow.components)) applied.push(...(await runComponent(component, fake)))
  return applied
}

async function master(): Promise<FakeKubernetes> {
  const fake = fakeKubernetes()
  await run(firstMaster, fake)
  return fake
}

test('renews nothing for two thirds of a year', async () => {
  const fake = await master()
  expect(await run(renewMaster, fake)).toEqual([])
  fake.host.clock.nowMs += 242 * DAY_MS
  expect(await run(renewMasterAlone, fake)).toEqual([])
})

test.each([
  ['renew', renewMaster],
  ['first-master', firstMaster],
])('after two thirds of a year, %s renews each certificate that no other program renews', async (_, workflow) => {
  const fake = await master()
  fake.host.clock.nowMs += 245 * DAY_MS
  const applied = await run(workflow, fake)
  expect(applied).toEqual(
    expect.arrayContaining(['etcd/issue-certificates', 'kubeadm/issue-certificates', 'kubeadm/write-kubeconfigs']),
  )
  const now = fake.host.clock.nowMs
  const found = (await certificatesOf(fake.host)).filter(({ owner }) => owner === 'kubernetes' || owner === 'etcd')
  const leaves = found.filter(({ renewedBy }) => renewedBy === 'agent')
  expect(leaves.map(({ name }) => name)).toHaveLength(10)
  expect(leaves.filter(({ notAfter }) => Date.parse(notAfter) < now + 364 * DAY_MS)).toEqual([])
  expect(await run(workflow, fake)).toEqual([])
})

test('an API server whose certificate lacks a name of the configuration gets another one', async () => {
  const fake = await master()
  fake.params.cluster = { ...fake.params.cluster, overrides: { kubeadm: 'apiServer: {certSANs: [api.example.com]}\n' } }
  expect(await run(firstMaster, fake)).toContain('kubeadm/issue-certificates')
  const { subjectAltName } = new X509Certificate(fake.host.text(`${PKI}/apiserver.crt`))
  expect(subjectAltName).toContain('DNS:api.example.com')
  expect(await run(firstMaster, fake)).toEqual([])
})

test('a kubelet whose certificate has expired is started with another one', async () => {
  const fake = await master()
  fake.host.clock.nowMs += 400 * DAY_MS
  const applied = await run(renewMaster, fake)
  expect(applied).toEqual([
    'etcd/issue-certificates',
    'kubeadm/issue-certificates',
    'kubeadm/write-kubeconfigs',
    'api-server/start-kubelet',
    'api-server/finalize-kubelet',
    'operator-certificate/issue',
    'operator/apply',
  ])
})

test('without the controller it leaves the certificate of the operator, which the controller signs', async () => {
  const fake = await master()
  fake.host.clock.nowMs += 400 * DAY_MS
  fake.params.requestOperatorCertificate = () => Promise.reject(new Error('the controller is away'))
  expect(await run(renewMasterAlone, fake)).toHaveLength(5)
})

test('a further master has no certificate of the operator, and gets none', async () => {
  const fake = await master()
  fake.host.files.deleteTree('/etc/kubernetes/cantrip-operator', false)
  fake.host.clock.nowMs += 245 * DAY_MS
  expect(await run(renewMaster, fake)).toEqual([
    'etcd/issue-certificates',
    'kubeadm/issue-certificates',
    'kubeadm/write-kubeconfigs',
  ])
})

test('the undo of renewed files finds them as they were written', async () => {
  const fake = await master()
  fake.host.clock.nowMs += 245 * DAY_MS
  await run(renewMaster, fake)
  const written = fake.host.changes.flatMap(({ undo }): [string, string][] =>
    'sha256' in undo && undo.sha256 && undo.path.startsWith('/etc/') ? [[undo.path, undo.sha256]] : [],
  )
  for (const [path, sha256] of new Map(written)) {
    expect(await fake.host.sha256(path), path).toBe(sha256)
  }
})
