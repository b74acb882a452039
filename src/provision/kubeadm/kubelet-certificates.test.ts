import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { KUBELET_PAIR } from '../../../test/support/fake-kubeadm.ts'
import { damagedCertificates, hasIdentity, hasServing } from './kubelet-certificates.ts'

const PKI = '/var/lib/kubelet/pki'
const CURRENT = `${PKI}/kubelet-client-current.pem`
const SERVING = [`${PKI}/kubelet.crt`, `${PKI}/kubelet.key`]
const [certificate = '', key = ''] = KUBELET_PAIR.split(/(?=-----BEGIN [A-Z ]*PRIVATE KEY)/)

const machine = (files: Record<string, string>) => fakeHost({ files, links: { [CURRENT]: `${PKI}/2026.pem` } })

test.each([
  ['whole', { [`${PKI}/2026.pem`]: KUBELET_PAIR }, true, []],
  ['empty', { [`${PKI}/2026.pem`]: '' }, false, [CURRENT]],
  ['cut off in the key', { [`${PKI}/2026.pem`]: KUBELET_PAIR.slice(0, -40) }, false, [CURRENT]],
  ['a link to nothing', {}, false, [CURRENT]],
])('the client certificate is %s', async (_, files, isThere, damaged) => {
  expect(await hasIdentity(machine(files))).toBe(isThere)
  expect(await damagedCertificates(machine(files))).toEqual(damaged)
})

test.each([
  ['both whole', [certificate, key], []],
  ['neither there', [], []],
  ['both empty', ['', ''], SERVING],
  ['one without the other', [certificate], SERVING],
])('the serving certificate: %s', async (_, texts, damaged) => {
  const files = Object.fromEntries(texts.map((text, index) => [SERVING[index], text]))
  expect(await damagedCertificates(fakeHost({ files }))).toEqual(damaged)
})

const ISSUED = `${PKI}/kubelet-server-current.pem`

test.each([
  ['whole', KUBELET_PAIR, true, []],
  ['empty', '', false, [ISSUED]],
  ['cut off in the key', KUBELET_PAIR.slice(0, -40), false, [ISSUED]],
])('the serving certificate that the cluster issued: %s', async (_, text, isThere, damaged) => {
  const host = fakeHost({ files: { [`${PKI}/server.pem`]: text }, links: { [ISSUED]: `${PKI}/server.pem` } })
  expect(await hasServing(host)).toBe(isThere)
  expect(await damagedCertificates(host)).toEqual(damaged)
})
