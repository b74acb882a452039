import { expect, test } from 'vitest'
import { fakeEtcd } from '../../../test/support/fake-etcd.ts'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { carryOutOperation, type OperationInCluster } from '../carry-out.ts'

const common = { id: 'e-aaaaaaaaaa', node: 'n-aaaaaaaaaa', expiresAt: '2026-06-01T13:00:00Z' }
const ADDRESSES = ['127.0.0.1', '10.0.0.2', '10.0.0.3']

/** Three members, with the maintenance API of the gRPC gateway of those that are up. The second one leads. */
function members(up: readonly string[] = ADDRESSES) {
  const host = fakeHost()
  const etcd = fakeEtcd(host, ADDRESSES, { name: 'm1', peer: 'https://127.0.0.1:2380' })
  const state = { leader: '101', moves: [] as string[] }
  for (const [index, member] of etcd.members.entries()) member.clientURLs = [`https://${ADDRESSES[index]}:2379`]
  for (const address of up) {
    const own = String(100 + ADDRESSES.indexOf(address))
    host.network.onRequest(`https://${address}:2379/health`, { status: 200 })
    host.network.onRequest(`https://${address}:2379/v3/maintenance/`, (url, { body }) => {
      if (url.endsWith('/status'))
        return { status: 200, body: JSON.stringify({ version: '3.6.8', dbSize: '20480', leader: state.leader }) }
      if (own !== state.leader) return { status: 500, body: '{"message":"etcdserver: not leader"}' }
      state.leader = JSON.parse(body ?? '').targetID
      state.moves.push(`${own} to ${state.leader}`)
      return { status: 200, body: '{}' }
    })
  }
  const run = (operation: OperationInCluster) => carryOutOperation(host.machine, operation)
  const move = (address: string) =>
    run({ ...common, operation: 'move-leader', target: { name: 'm', address, role: 'master' } })
  return { host, etcd, state, run, move }
}

test('the status of each member: who leads, version and size; of one that is down, only that', async () => {
  const { run } = members(['127.0.0.1', '10.0.0.2'])
  const own = { isHealthy: true, isLearner: false, version: '3.6.8', dbBytes: 20_480 }
  expect(await run({ ...common, operation: 'etcd-status' })).toEqual({
    id: common.id,
    outcome: 'done',
    etcd: [
      { name: 'm1', ...own, isLeader: false },
      { name: 'm2', ...own, isLeader: true },
      { name: 'm3', isHealthy: false, isLearner: false },
    ],
  })
})

test('the leader hands over to another member; again changes nothing', async () => {
  const { move, state } = members()
  for (const _ of [1, 2]) expect(await move('10.0.0.3')).toEqual({ id: common.id, outcome: 'done' })
  expect(state.moves).toEqual(['101 to 102'])
})

test('does not hand over to a member that is down, and waits for a leader', async () => {
  expect(await members(['127.0.0.1', '10.0.0.2']).move('10.0.0.3')).toMatchObject({
    outcome: 'not-yet',
    waitingFor: 'etcd on m to be healthy',
  })
  expect(await members(['127.0.0.1', '10.0.0.3']).move('10.0.0.3')).toMatchObject({
    outcome: 'not-yet',
    waitingFor: 'etcd to have a leader',
  })
})

test('only a member with a vote can lead', async () => {
  const { etcd, move } = members()
  Object.assign(etcd.members[2] ?? {}, { isLearner: true })
  for (const address of ['10.0.0.3', '10.0.0.9'])
    expect(await move(address)).toMatchObject({ outcome: 'failed', error: { code: 'etcd/no-voter' } })
})
