import { expect, test } from 'vitest'
import { fakeApi } from '../../test/support/fake-api.ts'
import { fakeEtcd } from '../../test/support/fake-etcd.ts'
import { fakeHost } from '../../test/support/fake-host.ts'
import { createCa } from '../pki/certificate.ts'
import { createSealingKey, unseal } from '../pki/sealing/seal.ts'
import { Invitation } from '../protocol/wire/operation.ts'
import { SHARED_FILES } from '../provision/shared-files.ts'
import { carryOutOperation, type OperationInCluster } from './carry-out.ts'

const NOW = new Date('2026-06-01T12:00:00Z')
const { certificate } = createCa({ commonName: 'kubernetes', days: 3650, now: NOW })
const base64 = (text: string) => Buffer.from(text).toString('base64')
const KUBECONFIG = ['certificate-authority', 'client-certificate', 'client-key'].map(
  (field) => `    ${field}-data: ${base64('x')}\n`,
)
const API = 'https://127.0.0.1:6443'
const common = { id: 'e-aaaaaaaaaa', node: 'n-aaaaaaaaaa', expiresAt: '2026-06-01T13:00:00Z' }

/** A master whose API is up, with etcd of three members. */
function master() {
  const host = fakeHost({
    now: NOW,
    files: { '/etc/kubernetes/admin.conf': KUBECONFIG.join(''), '/etc/kubernetes/pki/ca.crt': certificate },
  })
  for (const [name, { path }] of Object.entries(SHARED_FILES)) {
    if (name !== 'ca.crt') host.files.seed(path, `content of ${name}`)
  }
  const made: { path: string; object: { stringData: Record<string, string>; metadata: { name: string } } }[] = []
  host.network.onRequest(`${API}/`, (url, { method, body }) => {
    if (method === 'POST') made.push({ path: new URL(url).pathname, object: JSON.parse(body ?? '') })
    const [token] = made
    const signed = token && { [`jws-kubeconfig-${token.object.stringData['token-id']}`]: 'signature' }
    return method === 'POST' ? { status: 201 } : { status: 200, body: JSON.stringify({ data: signed ?? {} }) }
  })
  return { host, made }
}

const invite = (role: 'master' | 'worker', sealTo: string): OperationInCluster => ({
  ...common,
  operation: 'invite',
  target: { name: 'w1', address: '10.0.0.9', role },
  sealTo,
})

test('a worker gets a token for half an hour and the hash of the CA, sealed, and no key', async () => {
  const { host, made } = master()
  const key = createSealingKey()
  const answer = await carryOutOperation(host.machine, invite('worker', key.sealTo))
  if (answer.outcome !== 'done') throw new Error(JSON.stringify(answer))
  const text = unseal(answer.sealed ?? '', key)
  const invitation = Invitation.parse(JSON.parse(text))
  expect(invitation.role).toBe('worker')
  expect(text).not.toContain('content of')
  const [token] = made
  expect(token?.path).toBe('/api/v1/namespaces/kube-system/secrets')
  const { expiration, ...data } = token?.object.stringData ?? {}
  expect(Date.parse(expiration ?? '') - NOW.getTime()).toBe(30 * 60_000)
  expect(invitation).toMatchObject({ token: `${data['token-id']}.${data['token-secret']}` })
  // Neither the answer nor a command line contains it.
  expect(JSON.stringify(answer) + JSON.stringify(host.calls)).not.toContain(data['token-secret'])
})

test('a master gets the files that all masters share', async () => {
  const { host } = master()
  const key = createSealingKey()
  const answer = await carryOutOperation(host.machine, invite('master', key.sealTo))
  if (answer.outcome !== 'done') throw new Error(JSON.stringify(answer))
  const invitation = Invitation.parse(JSON.parse(unseal(answer.sealed ?? '', key)))
  if (invitation.role !== 'master') throw new Error('for a worker')
  expect(Object.keys(invitation.files).sort()).toEqual(Object.keys(SHARED_FILES).sort())
})

test('before the API is up the answer is "not yet"', async () => {
  const { host } = master()
  host.network.onRequest(`${API}/`, { status: 503 })
  const answer = await carryOutOperation(host.machine, invite('worker', createSealingKey().sealTo))
  expect(answer.outcome).toBe('not-yet')
})

/** etcd members, some of them healthy, and the API of a cluster with the node m3. */
function withEtcd(healthy: readonly string[]) {
  const { host } = master()
  const api = fakeApi(host, ['m3'])
  api.pods.push({ name: 'web', node: 'm3', owner: 'ReplicaSet', graceSeconds: 1 })
  const addresses = ['127.0.0.1', '10.0.0.2', '10.0.0.3']
  const etcd = fakeEtcd(host, addresses, { name: 'm1', peer: 'https://127.0.0.1:2380' })
  for (const [index, member] of etcd.members.entries()) {
    Object.assign(member, { clientURLs: [`https://${addresses[index]}:2379`] })
  }
  for (const address of healthy) host.network.onRequest(`https://${address}:2379/health`, { status: 200 })
  host.on(['/usr/local/bin/etcdctl'], () => {
    api.changes.push('snapshot')
    return {}
  })
  return { host, etcd, api }
}
const NODE = '/api/v1/nodes/m3'
const DRAINED = [`PATCH ${NODE}`, 'POST /api/v1/namespaces/default/pods/web/eviction']
const retire = (role: 'master' | 'worker'): OperationInCluster => ({
  ...common,
  operation: 'retire',
  target: { name: 'm3', address: '10.0.0.3', role },
})

test('a worker is drained, then its Node object is deleted', async () => {
  const { host, etcd, api } = withEtcd([])
  expect(await carryOutOperation(host.machine, retire('worker'))).toEqual({ id: common.id, outcome: 'done' })
  expect(api.changes).toEqual([...DRAINED, `DELETE ${NODE}`])
  expect(api.pods).toEqual([])
  expect(etcd.asked).toEqual([])
})

test('a master is drained, its member is removed after a snapshot, then its Node object is deleted', async () => {
  const { host, etcd, api } = withEtcd(['127.0.0.1', '10.0.0.2'])
  expect(await carryOutOperation(host.machine, retire('master'))).toMatchObject({ outcome: 'done' })
  expect(api.changes).toEqual([...DRAINED, 'snapshot', `DELETE ${NODE}`])
  const save = host.calls.find((argv) => argv.includes('save'))
  expect(save?.join(' ')).toMatch(
    /--cert=\S+apiserver-etcd-client.crt .* snapshot save \/var\/lib\/etcd\/before-removal.db$/,
  )
  expect(etcd.members.map(({ name }) => name)).toEqual(['m1', 'm2'])
})

test('without a quorum of the others nothing is changed', async () => {
  const { host, etcd, api } = withEtcd(['127.0.0.1'])
  expect(await carryOutOperation(host.machine, retire('master'))).toMatchObject({
    outcome: 'failed',
    error: { code: 'etcd/quorum', fix: 'first make etcd on m2 healthy' },
  })
  expect(api.changes).toEqual([])
  expect(etcd.members).toHaveLength(3)
})

test('waits for pods that are not evicted yet', async () => {
  const { host, etcd, api } = withEtcd(['127.0.0.1', '10.0.0.2'])
  api.budgets.push({ name: 'web', selector: {}, pods: ['web'], allowed: 0 })
  expect(await carryOutOperation(host.machine, retire('master'))).toMatchObject({
    outcome: 'not-yet',
    waitingFor: expect.stringMatching(
      /^1 pod of m3 to move to other nodes: default\/web \(disruption budget web: The disruption/,
    ),
  })
  expect(etcd.members).toHaveLength(3)
})

test('also evicts pods that no controller creates again: the node does not come back', async () => {
  const { host, api } = withEtcd([])
  api.pods.push({ name: 'bare', node: 'm3', graceSeconds: 1 })
  expect(await carryOutOperation(host.machine, retire('worker'))).toMatchObject({ outcome: 'done' })
  expect(api.pods).toEqual([])
})

test('a repeated request skips what is done', async () => {
  const { host, etcd, api } = withEtcd(['127.0.0.1', '10.0.0.2'])
  await carryOutOperation(host.machine, retire('master'))
  api.changes.length = 0
  expect(await carryOutOperation(host.machine, retire('master'))).toMatchObject({ outcome: 'done' })
  expect(api.changes).toEqual([`DELETE ${NODE}`])
  expect(etcd.asked).toEqual(['remove'])
})

test('succeeds if another operation removed the member first', async () => {
  const { host, etcd, api } = withEtcd(['127.0.0.1', '10.0.0.2'])
  host.on(['/usr/local/bin/etcdctl'], () => {
    etcd.members.pop()
    etcd.refusals.push('etcdserver: member not found')
    return {}
  })
  expect(await carryOutOperation(host.machine, retire('master'))).toMatchObject({ outcome: 'done' })
  expect(api.nodes.has('m3')).toBe(false)
})

test('other errors are retried: only a missing quorum fails the operation', async () => {
  const { host, etcd } = withEtcd(['127.0.0.1', '10.0.0.2'])
  host.on(['/usr/local/bin/etcdctl'], { exitCode: 1 })
  const answer = await carryOutOperation(host.machine, retire('master'))
  expect(answer).toMatchObject({
    outcome: 'not-yet',
    waitingFor: expect.stringMatching(/^a master that can remove it: .*etcdctl/),
  })
  expect(etcd.members).toHaveLength(3)
})

test('another node that now has the address keeps its member', async () => {
  const { host, etcd } = withEtcd(['127.0.0.1', '10.0.0.2', '10.0.0.3'])
  const order: OperationInCluster = {
    ...common,
    operation: 'retire',
    target: { name: 'old-m3', address: '10.0.0.3', role: 'master' },
  }
  expect(await carryOutOperation(host.machine, order)).toMatchObject({ outcome: 'done' })
  expect(etcd.members).toHaveLength(3)
})

test('the health of etcd: each member is queried', async () => {
  const { host } = withEtcd(['127.0.0.1', '10.0.0.3'])
  expect(await carryOutOperation(host.machine, { ...common, operation: 'look-at-etcd' })).toEqual({
    id: common.id,
    outcome: 'done',
    etcd: [
      { name: 'm1', isHealthy: true, isLearner: false },
      { name: 'm2', isHealthy: false, isLearner: false },
      { name: 'm3', isHealthy: true, isLearner: false },
    ],
  })
})
