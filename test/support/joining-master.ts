import { createCa } from '../../src/pki/certificate.ts'
import { keyToPem } from '../../src/pki/key.ts'
import { type FakeEtcd, fakeEtcd } from './fake-etcd.ts'
import { type FakeKubernetes, fakeKubernetes } from './fake-kubernetes.ts'

export const OTHERS = ['10.0.0.1', '10.0.0.2']
export const PEER = 'https://10.0.0.5:2380'
const authority = createCa({ commonName: 'etcd-ca', days: 3650, now: new Date('2026-06-01T12:00:00Z') })

/** A third master, n1, that has the CA of the cluster's etcd. */
export function joiningMaster(): FakeKubernetes & { etcd: FakeEtcd } {
  const fake = fakeKubernetes({
    masters: [
      { name: 'm1', address: '10.0.0.1' },
      { name: 'm2', address: '10.0.0.2' },
      { name: 'n1', address: '10.0.0.5' },
    ],
  })
  fake.params.task = 'master'
  fake.host.files.seed('/etc/etcd/pki/ca.crt', authority.certificate)
  fake.host.files.seed('/etc/etcd/pki/ca.key', keyToPem(authority.key), { mode: 0o600 })
  return { ...fake, etcd: fakeEtcd(fake.host, OTHERS, { name: 'n1', peer: PEER }) }
}
