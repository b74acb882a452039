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

test('a learner of a removed master that never started is removed', async () => {
  const fake = joiningMaster()
  fake.etcd.members.push({ ID: '999', peerURLs: ['https://10.0.0.9:2380'], isLearner: true })
  await runComponent(etcd, fake)
  expect(fake.etcd.asked).toEqual(['remove', 'add', 'promote'])
  expect(fake.etcd.members.map(({ ID }) => ID)).not.toContain('999')
})

test('a learner that has started and no longer runs is removed', async () => {
  const fake = joiningMaster()
  fake.etcd.members.push({ ...voter('10.0.0.2', 'm2'), isLearner: true })
  await runComponent(etcd, fake)
  expect(fake.etcd.asked).toEqual(['remove', 'add', 'promote'])
})

test('waits for a learner that runs', async () => {
  const fake = joiningMaster()
  fake.etcd.members.push({ ...voter('10.0.0.9', 'm9'), isLearner: true })
  fake.host.network.onRequest('https://10.0.0.9:2379/health', () => {
    delete fake.etcd.members[2]?.isLearner
    return { status: 200 }
  })
  await runComponent(etcd, fake)
  expect(fake.etcd.members.map(({ ID }) => ID)).toContain('900')
})

test('a voter that does not answer and is no master any more is removed, even with the name of this node', async () => {
  const fake = joiningMaster()
  fake.etcd.members.push(voter('10.0.0.9', 'n1'))
  fake.etcd.down.add('900')
  await runComponent(etcd, fake)
  expect(fake.etcd.asked).toEqual(['remove', 'add', 'promote'])
  expect(fake.etcd.members.map(({ ID }) => ID)).not.toContain('900')
})

test('a member that reboots is not removed', async () => {
  const fake = joiningMaster()
  fake.etcd.members.push(voter('10.0.0.9', 'm9'))
  const upAtMs = fake.host.clock.nowMs + 45_000
  fake.host.network.onRequest('https://10.0.0.9:2379/health', () => {
    if (fake.host.clock.nowMs < upAtMs) throw new Error('ECONNREFUSED')
    return { status: 503 }
  })
  await runComponent(etcd, fake)
  expect(fake.etcd.asked).toEqual(['add', 'promote'])
})

test('a master of the cluster that does not answer is not removed, and etcd refuses', async () => {
  const fake = joiningMaster()
  fake.etcd.down.add('101')
  await expect(runComponent(etcd, fake)).rejects.toMatchObject({
    code: 'etcd/refused',
    message: expect.stringContaining('unhealthy cluster'),
  })
  expect(fake.etcd.members).toHaveLength(2)
})

test('members with equal names, or without a name yet, are all in the configuration of the joining member', async () => {
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
