import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { createCa } from '../../pki/certificate.ts'
import { operatorCertificate } from './component.ts'

const KEY = '/etc/kubernetes/cantrip-operator/tls.key'

test('the key is created on the node; the controller only gets a certificate request', async () => {
  const fake = fakeKubernetes()
  let request = ''
  const params = {
    ...fake.params,
    requestOperatorCertificate(csr: string) {
      request = csr
      return fake.params.requestOperatorCertificate(csr)
    },
  }
  await runComponent(operatorCertificate, { ...fake, params })
  expect(request).toContain('BEGIN CERTIFICATE REQUEST')
  expect(request).not.toContain('PRIVATE')
  expect(fake.host.files.stat(KEY)?.mode).toBe(0o600)
  expect(await runComponent(operatorCertificate, fake)).toEqual([])
})

test('is requested again when half of its validity is over, or if the controller has another CA', async () => {
  const fake = fakeKubernetes()
  await runComponent(operatorCertificate, fake)
  const ca = createCa({ commonName: 'other', days: 10, now: fake.host.now() }).certificate
  const [step] = operatorCertificate.steps(fake.params)
  expect(await step?.isDone(fake.host, { ...fake.params, controller: { urls: [], ca } })).toBe(false)
  fake.host.clock.nowMs += 44 * 86_400_000
  expect(await step?.isDone(fake.host, fake.params)).toBe(true)
  fake.host.clock.nowMs += 2 * 86_400_000
  expect(await step?.isDone(fake.host, fake.params)).toBe(false)
})
