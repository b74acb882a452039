import { expect, test } from 'vitest'
import { runComponent } from '../../../test/support/fake-kubernetes.ts'
import { joiningMaster, OTHERS, PEER } from '../../../test/support/joining-master.ts'
import { etcd } from './component.ts'

test('joins as a learner, starts with the current members, and is promoted', async () => {
  const fake = joiningMaster()
  await runComponent(etcd, fake)
  expect(fake.etcd.asked).toEqual(['add', 'promote'])
  expect(fake.etcd.members.at(-1)).toEqual({ ID: '202', name: 'n1', peerURLs: [PEER] })
  const settings = JSON.parse(fake.host.text('/etc/etcd/etcd.json'))
  expect(settings['initial-cluster-state']).toBe('existing')
  expect(settings['initial-cluster']).toBe(`100=https://10.0.0.1:2380,101=https://10.0.0.2:2380,n1=${PEER}`)
  expect(await runComponent(etcd, fake)).toEqual([])
})

test('a run that was interrupted after the join continues, and does not join twice', async () => {
  const fake = joiningMaster()
  fake.etcd.members.push({ ID: '202', peerURLs: [PEER], isLearner: true })
  await runComponent(etcd, fake)
  expect(fake.etcd.asked).toEqual(['promote'])
})

test('interrupted before the first start, it starts with the members of that time', async () => {
  const fake = joiningMaster()
  const first = etcd.steps(fake.params).slice(0, 3)
  await runComponent({ ...etcd, steps: () => first }, fake)
  fake.etcd.members.push({ ID: '300', name: 'm4', peerURLs: ['https://10.0.0.4:2380'] })
  fake.params.cluster.masters.push({ name: 'm4', address: '10.0.0.4' })
  await runComponent(etcd, fake)
  expect(JSON.parse(fake.host.text('/etc/etcd/etcd.json'))['initial-cluster']).toContain('300=https://10.0.0.4:2380')
})

test('retries while etcd refuses', async () => {
  const fake = joiningMaster()
  fake.etcd.refusals.push('etcdserver: unhealthy cluster', 'etcdserver: unhealthy cluster')
  await runComponent(etcd, fake)
  expect(fake.etcd.asked).toEqual(['add', 'add', 'add', 'promote'])
})

test('fails with the message of etcd if it keeps refusing', async () => {
  const fake = joiningMaster()
  fake.etcd.refusals.push(...Array<string>(500).fill('etcdserver: unhealthy cluster'))
  await expect(runComponent(etcd, fake)).rejects.toMatchObject({
    code: 'etcd/refused',
    message: expect.stringContaining('unhealthy cluster'),
  })
})

test('a member that lost its data joins again', async () => {
  const fake = joiningMaster()
  fake.etcd.members.push({ ID: '999', name: 'n1', peerURLs: [PEER] })
  await runComponent(etcd, fake)
  expect(fake.etcd.asked).toEqual(['remove', 'add', 'promote'])
})

test('etcd is not started with data of a removed member', async () => {
  const fake = joiningMaster()
  fake.host.files.seed('/var/lib/etcd/member-data/member/wal/0', 'old')
  await runComponent(etcd, fake)
  expect(fake.host.text('/var/lib/etcd/member-data/member/wal/0')).toBe('')
  expect(fake.etcd.asked).toEqual(['add', 'promote'])
})

test('without an answer of other members nothing is started', async () => {
  const fake = joiningMaster()
  for (const address of OTHERS) fake.host.network.onRequest(`https://${address}:2379/`, new Error('refused'))
  for (const address of OTHERS) {
    fake.host.network.onRequest(`https://${address}:2379/v3/cluster/member/`, new Error('refused'))
  }
  await expect(runComponent(etcd, fake)).rejects.toMatchObject({ code: 'etcd/no-answer' })
  expect(fake.host.units.get('etcd.service')?.active ?? false).toBe(false)
})

test('a snapshot is saved once, before the members change', async () => {
  const fake = joiningMaster()
  fake.etcd.members.push({ ID: '999', name: 'n1', peerURLs: [PEER] })
  fake.host.on(['/usr/local/bin/etcdctl'], () => {
    fake.etcd.asked.push('snapshot')
    return {}
  })
  await runComponent(etcd, fake)
  expect(fake.etcd.asked).toEqual(['snapshot', 'remove', 'add', 'promote'])
})

test('the members are read from a quorum', async () => {
  const fake = joiningMaster()
  const lists: unknown[] = []
  fake.host.network.onRequest('https://10.0.0.1:2379/v3/cluster/member/list', (_, { body }) => {
    lists.push(JSON.parse(body ?? ''))
    throw new Error('refused')
  })
  await runComponent(etcd, fake)
  expect(new Set(lists.map((body) => JSON.stringify(body)))).toEqual(new Set(['{"linearizable":true}']))
})
