import { expect, test } from 'vitest'
import { runComponent } from '../../../test/support/fake-kubernetes.ts'
import { joiningMaster, PEER } from '../../../test/support/joining-master.ts'
import { etcd } from './component.ts'

const voter = (address: string, name: string) => ({
  ID: '900',
  name,
  peerURLs: [`https://${address}:2380`],
  clientURLs: [`https://${address}:2379`],
})

test('a learner that never started, of a master that is gone, gives way', async () => {
  const fake = joiningMaster()
  fake.etcd.members.push({ ID: '999', peerURLs: ['https://10.0.0.9:2380'], isLearner: true })
  await runComponent(etcd, fake)
  expect(fake.etcd.asked).toEqual(['remove', 'add', 'promote'])
  expect(fake.etcd.members.map(({ ID }) => ID)).not.toContain('999')
})

test('members of one name, or of none yet, are all told to the one that joins', async () => {
  const fake = joiningMaster()
  fake.etcd.members.push(voter('10.0.0.9', 'm1'), { ID: '901', peerURLs: ['https://10.0.0.10:2380'] })
  fake.params.cluster.masters.push({ name: 'm10', address: '10.0.0.10' })
  fake.host.network.onRequest('https://10.0.0.9:2379/health', { status: 200 })
  await runComponent(etcd, fake)
  const settings = JSON.parse(fake.host.text('/etc/etcd/etcd.json'))
  expect(settings['initial-cluster']).toBe(
    `100=https://10.0.0.1:2380,101=https://10.0.0.2:2380,900=https://10.0.0.9:2380,901=https://10.0.0.10:2380,n1=${PEER}`,
  )
})
