import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { createCa, issueCertificate } from '../../pki/certificate.ts'
import { createKeyPair, keyToPem } from '../../pki/key.ts'
import { Facts } from '../../protocol/wire/facts.ts'
import { certificatesOf } from './certificates-of.ts'
import { agentCertificate, CERTIFICATE_PLACES } from './places.ts'

const NOW = new Date('2026-03-01T12:00:00Z')
const ca = createCa({ commonName: 'kubernetes', days: 3650, now: NOW })
const keys = createKeyPair()
const leaf = (days: number) =>
  issueCertificate({
    ...{ ca, publicKey: keys.publicKey, commonName: 'x', usages: ['clientAuth'], notBefore: NOW, days },
  })
const kubeconfig = (pem: string) =>
  `users:\n- name: x\n  user:\n    client-certificate-data: ${Buffer.from(pem).toString('base64')}\n    client-key-data: aGk=\n`
const PKI = '/etc/kubernetes/pki'
const KUBELET = '/var/lib/kubelet/pki'

test('names, owners and dates of what is on a master', async () => {
  const host = fakeHost({
    files: {
      [`${PKI}/ca.crt`]: ca.certificate,
      [`${PKI}/apiserver.crt`]: leaf(365),
      '/etc/kubernetes/admin.conf': kubeconfig(leaf(364)),
      '/etc/etcd/pki/server.crt': leaf(363),
      [`${KUBELET}/2026.pem`]: `${leaf(362)}${keyToPem(keys.privateKey)}`,
      '/etc/kubernetes/kubelet.conf': kubeconfig(leaf(1)),
      [`${KUBELET}/kubelet.crt`]: leaf(361),
      '/etc/cantrip/node.pem': `${keyToPem(keys.privateKey)}${leaf(30)}`,
      [`${PKI}/front-proxy-client.crt`]: '',
      '/etc/kubernetes/scheduler.conf': 'users:\n',
    },
    links: { [`${KUBELET}/kubelet-client-current.pem`]: `${KUBELET}/2026.pem` },
  })
  const found = await certificatesOf(host, [...CERTIFICATE_PLACES, agentCertificate('/etc/cantrip/node.pem')])
  const short = found.map(({ name, owner, renewedBy, notAfter }) => [name, owner, renewedBy, notAfter.slice(0, 10)])
  expect(short).toEqual([
    ['ca', 'kubernetes', 'nobody', '2036-02-27'],
    ['apiserver', 'kubernetes', 'agent', '2027-03-01'],
    ['admin.conf', 'kubernetes', 'agent', '2027-02-28'],
    ['etcd-server', 'etcd', 'agent', '2027-02-27'],
    ['kubelet-client', 'kubelet', 'kubelet', '2027-02-26'],
    ['kubelet-serving', 'kubelet', 'nobody', '2027-02-25'],
    ['agent', 'agent', 'agent', '2026-03-31'],
  ])
  expect(found[1]?.notBefore).toBe('2026-03-01T12:00:00.000Z')
  expect(Facts.shape.certificates.parse(found)).toEqual(found)
})

test('a serving certificate that the cluster issued counts more than the one that the kubelet signed', async () => {
  const host = fakeHost({
    files: { [`${KUBELET}/server.pem`]: leaf(10), [`${KUBELET}/kubelet.crt`]: leaf(11) },
    links: { [`${KUBELET}/kubelet-server-current.pem`]: `${KUBELET}/server.pem` },
  })
  expect(await certificatesOf(host)).toMatchObject([{ name: 'kubelet-serving', renewedBy: 'kubelet' }])
})

test('a kubeconfig of the kubelet contains its first certificate', async () => {
  const host = fakeHost({ files: { '/etc/kubernetes/kubelet.conf': kubeconfig(leaf(1)) } })
  expect(await certificatesOf(host)).toMatchObject([{ name: 'kubelet-client', renewedBy: 'kubelet' }])
})
