import { expect, test } from 'vitest'
import { fakeEtcd } from '../../../../test/support/fake-etcd.ts'
import { fakeEtcdutl } from '../../../../test/support/fake-etcdutl.ts'
import { runComponent } from '../../../../test/support/fake-kubernetes.ts'
import { joiningMaster, OTHERS, PEER } from '../../../../test/support/joining-master.ts'
import type { RestoreOrder } from '../../../protocol/wire/messages/backup.ts'
import { BACKUPS, REPLACED_DATA, SETTINGS_FILE } from '../../../provision/etcd/backup/places.ts'
import { saveBackup } from '../../../provision/etcd/backup/save.ts'
import { MEMBER_DATA } from '../../../provision/paths.ts'
import { etcd } from '../component.ts'
import { restoredClusterId } from './founder.ts'

const ID = 'r-aaaaaaaaaa'
const DATA = `${MEMBER_DATA}/member/snap/db`

/** A master with two others, which has joined, with its kubelet and one API server. */
async function master(order: Partial<RestoreOrder>) {
  const fake = joiningMaster()
  const { host, params } = fake
  const tool = fakeEtcdutl(host)
  host.files.seed('/etc/kubernetes/pki/ca.crt', 'the CA')
  await runComponent(etcd, fake)
  host.files.seed(DATA, 'present')
  host.files.seed(SETTINGS_FILE, JSON.stringify({ cluster: params.cluster, node: 'n1' }))
  host.files.seedDirectory(BACKUPS)
  const { id: backup } = await saveBackup(host.machine, 'request')
  host.units.set('kubelet.service', { active: true })
  const running = new Set(['api-server'])
  host.on(['systemctl', 'is-active'], ([, , unit = '']) => ({ exitCode: host.units.get(unit)?.active ? 0 : 3 }))
  host.files.seed('/run/cantrip-containerd/containerd.sock', '')
  host.on((argv) => argv.includes('containers'), { stdout: 'api-server\nended\n' })
  host.on(
    (argv) => argv.includes('list') && argv.includes('tasks'),
    () => ({
      stdout: `TASK PID STATUS\n${[...running].map((id) => `${id}    42    RUNNING\n`).join('')}`,
    }),
  )
  host.on(
    (argv) => argv.includes('kill'),
    (argv) => {
      running.delete(argv.at(-1) ?? '')
      return {}
    },
  )
  const others = { up: true }
  host.network.onRequest('https://10.0.0.1:2379/health', () => {
    if (!others.up) throw new Error('refused')
    return { status: 200 }
  })
  host.calls.length = 0
  fake.etcd.asked.length = 0
  params.restore = { id: ID, source: 'n1', backup, nodes: ['n1', 'm1', 'm2'], ...order }
  return { ...fake, tool, running, others }
}

test('the id of the restored cluster is what etcd computes', () => {
  // Of an etcd 3.6.16 that etcdutl restored with this URL and this token.
  expect(restoredClusterId('http://127.0.0.1:23800', 'rtoken')).toBe('5851298865142377373')
})

test('the source stops its API server, waits for the others, and replaces its data', async () => {
  const fake = await master({})
  const { host, tool, running, others } = fake
  const sleep = host.sleep
  host.sleep = async (ms, signal) => {
    expect([...running]).toEqual([])
    expect(host.text(DATA)).toBe('present')
    others.up = false
    return sleep(ms, signal)
  }
  await runComponent(etcd, fake)
  expect(host.text(DATA)).toBe('data')
  expect(host.text(`${REPLACED_DATA}/member/snap/db`)).toBe('present')
  expect(tool.commands.at(-1)).toMatch(
    /--initial-cluster-token r-aaaaaaaaaa --bump-revision 1000000000 --mark-compacted$/,
  )
  expect(host.units.get('etcd.service')?.active).toBe(true)
  expect(await runComponent(etcd, fake)).toEqual([])
})

test('the survivor begins with its own database, which has no checksum', async () => {
  const fake = await master({ backup: null, nodes: ['n1'] })
  await runComponent(etcd, fake).catch(() => undefined)
  const argv = fake.host.calls.find((call) => call[2] === 'restore')
  expect(argv?.slice(3)).toEqual(expect.arrayContaining([`${MEMBER_DATA}/member/snap/db`, '--skip-hash-check']))
})

test('a damaged backup is refused before anything is stopped', async () => {
  const fake = await master({})
  fake.host.files.seed(`${BACKUPS}/${fake.params.restore?.backup}/snapshot.db`, 'dota')
  await expect(runComponent(etcd, fake)).rejects.toMatchObject({ code: 'etcd-backup/damaged' })
  expect([...fake.running]).toEqual(['api-server'])
  expect(fake.host.units.get('kubelet.service')?.active).toBe(true)
})

test('while etcd runs on another master nothing is replaced', async () => {
  const fake = await master({})
  await expect(runComponent(etcd, fake)).rejects.toMatchObject({
    code: 'restore/others-run',
    message: expect.stringContaining('m1'),
  })
  expect(fake.host.text(DATA)).toBe('present')
})

test('killed between any two commands, it ends with the data of the backup, and keeps the former data once', async () => {
  for (let at = 1; ; at++) {
    const fake = await master({ nodes: ['n1'] })
    const { host } = fake
    let left = at
    const { execute } = host.machine
    host.machine.execute = async (argv, options) => {
      if (left-- === 0) throw new Error('killed')
      return execute(argv, options)
    }
    const first = await runComponent(etcd, fake).catch((error: Error) => error)
    host.machine.execute = execute
    if (first instanceof Error) expect(first.message).toBe('killed')
    await runComponent(etcd, fake)
    expect(host.text(DATA), `killed at ${at}`).toBe('data')
    expect(host.text(`${REPLACED_DATA}/member/snap/db`), `killed at ${at}`).toBe('present')
    if (!(first instanceof Error)) break
  }
})

/** m1 has restored its etcd, of which m2 is not a member yet. */
function restored(fake: Awaited<ReturnType<typeof master>>) {
  fake.host.network.onRequest(`https://${OTHERS[1]}:2379/`, new Error('refused'))
  fake.host.network.onRequest(`https://${OTHERS[1]}:2379/v3/cluster/member/`, new Error('refused'))
  const peer = `https://${OTHERS[0]}:2380`
  fake.etcd.clusterId = restoredClusterId(peer, fake.params.restore?.id ?? '')
  fake.etcd.members = [{ ID: '300', name: 'm1', peerURLs: [peer] }]
}

test('another master stops etcd, waits for the founder, forgets its data, and joins it', async () => {
  const fake = await master({ source: 'm1', nodes: ['m1', 'n1'] })
  const { host } = fake
  const sleep = host.sleep
  host.sleep = async (ms, signal) => {
    expect(host.text(DATA)).toBe('present')
    expect(host.units.get('etcd.service')?.active).toBe(false)
    if (fake.etcd.members.length !== 1) restored(fake)
    return sleep(ms, signal)
  }
  await runComponent(etcd, fake)
  expect(fake.etcd.asked).toEqual(['add', 'promote'])
  expect(fake.etcd.members.at(-1)).toMatchObject({ name: 'n1', peerURLs: [PEER] })
  expect(host.files.bytes(DATA)).toBeUndefined()
  expect(host.files.bytes(`${REPLACED_DATA}/member/snap/db`)).toBeUndefined()
  expect(await runComponent(etcd, fake)).toEqual([])
})

test('a master that was away during a recovery: etcd stops, with its data kept, and joins', async () => {
  const fake = await master({ source: 'm1', backup: null, nodes: ['m1', 'n1'] })
  const { host, running } = fake
  restored(fake)
  const { execute } = host.machine
  host.machine.execute = async (argv, options) => {
    if (argv.includes(MEMBER_DATA)) expect([host.units.get('etcd.service')?.active, [...running]]).toEqual([false, []])
    return execute(argv, options)
  }
  expect(await runComponent(etcd, fake)).toEqual([
    'etcd/stop-control-plane',
    'etcd/stop-member',
    'etcd/join-members',
    'etcd/start-service',
    'etcd/keep-to-data',
    'etcd/promote',
  ])
  expect(host.text(`${REPLACED_DATA}/member/snap/db`)).toBe('present')
  expect(fake.etcd.members.at(-1)).toMatchObject({ name: 'n1', peerURLs: [PEER] })
  expect(await runComponent(etcd, fake)).toEqual([])
})

test('a second attempt to join a recovery keeps the former data, not what the first one got', async () => {
  const fake = await master({ source: 'm1', backup: null, nodes: ['m1', 'n1'] })
  const { host } = fake
  restored(fake)
  await runComponent(etcd, fake)
  host.files.seed(DATA, 'of a learner')
  fake.etcd.members.pop()
  await runComponent(etcd, fake)
  expect(fake.etcd.asked).toEqual(['add', 'promote', 'add', 'promote'])
  expect(host.text(`${REPLACED_DATA}/member/snap/db`)).toBe('present')
  expect(host.files.bytes(DATA)).toBeUndefined()

  if (fake.params.restore) fake.params.restore.id = 'r-cccccccccc'
  host.files.seed(DATA, 'of a member')
  restored(fake)
  await runComponent(etcd, fake)
  expect(host.text(`${REPLACED_DATA}/member/snap/db`)).toBe('of a member')
})

test('another etcd with the former data, in which it is a member, is not asked', async () => {
  const fake = await master({ source: 'm2', backup: null, nodes: ['m2', 'n1'] })
  const present = fakeEtcd(fake.host, [OTHERS[1] ?? ''], { name: 'n1', peer: PEER })
  const peer = `https://${OTHERS[1]}:2380`
  present.clusterId = restoredClusterId(peer, ID)
  present.members = [{ ID: '300', name: 'm2', peerURLs: [peer] }]
  await runComponent(etcd, fake)
  expect(fake.etcd.members.map(({ name }) => name)).toContain('n1')
  expect([fake.etcd.asked, present.asked]).toEqual([[], ['add', 'promote']])
})

test('the survivor is away: it joins through another master that has the restored data', async () => {
  const fake = await master({ source: 'm1', backup: null, nodes: ['m1', 'n1'] })
  const present = fakeEtcd(fake.host, [OTHERS[1] ?? ''], { name: 'n1', peer: PEER })
  fake.host.network.onRequest(`https://${OTHERS[0]}:2379/v3/cluster/member/`, new Error('refused'))
  present.clusterId = restoredClusterId(`https://${OTHERS[0]}:2380`, ID)
  const member = (name: string, at: number) => ({ ID: name, name, peerURLs: [`https://${OTHERS[at]}:2380`] })
  present.members = [member('m1', 0), member('m2', 1)]
  await runComponent(etcd, fake)
  expect(present.asked).toEqual(['add', 'promote'])
})

test('an etcd that has lost its quorum, and does not answer, holds nothing up', async () => {
  const fake = await master({ source: 'm1', backup: null, nodes: ['m1', 'n1'] })
  restored(fake)
  fake.host.network.onRequest(`https://${OTHERS[1]}:2379/v3/cluster/member/`, () => new Promise(() => undefined))
  await runComponent(etcd, fake)
  expect(fake.etcd.asked).toEqual(['add', 'promote'])
})

test.each([
  [null, /^see why .*; then: controller cluster provision NAME$/],
  ['m1-20260101T000000Z', /then restore again, or/],
])('without the restored etcd, of the backup %s, it fails with what to do', async (backup, fix) => {
  const fake = await master({ source: 'm1', backup, nodes: ['m1', 'n1'] })
  await expect(runComponent(etcd, fake)).rejects.toMatchObject({
    code: 'restore/no-founder',
    fix: expect.stringMatching(fix),
  })
  expect(fake.host.text(DATA)).toBe('present')
})

test('it waits for those that join before it', async () => {
  const fake = await master({ source: 'm1', nodes: ['m1', 'm2', 'n1'] })
  restored(fake)
  await expect(runComponent(etcd, fake)).rejects.toMatchObject({ code: 'restore/no-founder' })
  expect(fake.host.text(DATA)).toBe('present')
  expect(fake.etcd.asked).toEqual([])
})
