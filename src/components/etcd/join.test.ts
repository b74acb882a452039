import { expect, test } from 'vitest'
import { fakeEtcd } from '../../../test/support/fake-etcd.ts'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { createCa } from '../../pki/certificate.ts'
import { keyToPem } from '../../pki/key.ts'
import { etcd } from './component.ts'

const OTHERS = ['10.0.0.1', '10.0.0.2']
const PEER = 'https://10.0.0.5:2380'
const authority = createCa({ commonName: 'etcd-ca', days: 3650, now: new Date('2026-06-01T12:00:00Z') })

/** A third master, to which the cluster's authority has been given. */
function third() {
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

test('is taken in as a learner, started with the members there are, and then promoted', async () => {
  const fake = third()
  await runComponent(etcd, fake)
  expect(fake.etcd.asked).toEqual(['add', 'promote'])
  expect(fake.etcd.members.at(-1)).toEqual({ ID: '202', name: 'n1', peerURLs: [PEER] })
  const settings = JSON.parse(fake.host.text('/etc/etcd/etcd.json'))
  expect(settings['initial-cluster-state']).toBe('existing')
  expect(settings['initial-cluster']).toBe(`m1=https://10.0.0.1:2380,m2=https://10.0.0.2:2380,n1=${PEER}`)
  expect(await runComponent(etcd, fake)).toEqual([])
})

test('what was cut after it was taken in goes on, and is not taken in twice', async () => {
  const fake = third()
  fake.etcd.members.push({ ID: '202', peerURLs: [PEER], isLearner: true })
  await runComponent(etcd, fake)
  expect(fake.etcd.asked).toEqual(['promote'])
})

test('asks again while etcd refuses', async () => {
  const fake = third()
  fake.etcd.refusals.push('etcdserver: unhealthy cluster', 'etcdserver: unhealthy cluster')
  await runComponent(etcd, fake)
  expect(fake.etcd.asked).toEqual(['add', 'add', 'add', 'promote'])
})

test('says what etcd says where it goes on refusing', async () => {
  const fake = third()
  fake.etcd.refusals.push(...Array<string>(500).fill('etcdserver: unhealthy cluster'))
  await expect(runComponent(etcd, fake)).rejects.toMatchObject({
    code: 'etcd/refused',
    message: expect.stringContaining('unhealthy cluster'),
  })
})

test('a member that lost its data is taken in anew', async () => {
  const fake = third()
  fake.etcd.members.push({ ID: '999', name: 'n1', peerURLs: [PEER] })
  await runComponent(etcd, fake)
  expect(fake.etcd.asked).toEqual(['remove', 'add', 'promote'])
})

test('a learner that never started, of a master that is gone, gives way', async () => {
  const fake = third()
  fake.etcd.members.push({ ID: '999', peerURLs: ['https://10.0.0.9:2380'], isLearner: true })
  await runComponent(etcd, fake)
  expect(fake.etcd.asked).toEqual(['remove', 'add', 'promote'])
  expect(fake.etcd.members.map(({ ID }) => ID)).not.toContain('999')
})

test('data of a member that was removed are not started with', async () => {
  const fake = third()
  fake.host.files.seed('/var/lib/etcd/member-data/member/wal/0', 'old')
  fake.host.on(['/usr/bin/rm', '--recursive', '--force'], (argv) => {
    fake.host.files.deleteTree(argv.at(-1) ?? '', false)
    return {}
  })
  await runComponent(etcd, fake)
  expect(fake.host.text('/var/lib/etcd/member-data/member/wal/0')).toBe('')
  expect(fake.etcd.asked).toEqual(['add', 'promote'])
})

test('without any answer of the others nothing is started', async () => {
  const fake = third()
  for (const address of OTHERS) fake.host.network.onRequest(`https://${address}:2379/`, new Error('refused'))
  for (const address of OTHERS) {
    fake.host.network.onRequest(`https://${address}:2379/v3/cluster/member/`, new Error('refused'))
  }
  await expect(runComponent(etcd, fake)).rejects.toMatchObject({ code: 'etcd/no-answer' })
  expect(fake.host.units.get('etcd.service')?.active ?? false).toBe(false)
})
