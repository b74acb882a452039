import { expect, test } from 'vitest'
import type { FakeHost } from '../../../test/support/fake-host.ts'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { joiningMaster, OTHERS, PEER } from '../../../test/support/joining-master.ts'
import { etcd } from './component.ts'

const DATA = '/var/lib/etcd/member-data'
const DROP_IN = '/etc/systemd/system/etcd.service.d/10-data.conf'
const LINK = '/etc/systemd/system/multi-user.target.wants/etcd.service'
const CONFIGURATION = '/etc/etcd/etcd.json'

test('after the first start, etcd starts only with its data', async () => {
  const fake = fakeKubernetes()
  await runComponent(etcd, fake)
  expect(fake.host.text(DROP_IN)).toContain(`\nAssertPathExists=${DATA}/member/wal\n`)
  const written = fake.host.changes.findIndex(({ what }) => what === DROP_IN)
  expect(written).toBeGreaterThan(fake.host.changes.findIndex(({ what }) => what === 'etcd.service'))
  expect(fake.host.changes[written]?.undo).toMatchObject({ kind: 'remove-path' })
  // systemd has loaded it.
  expect(fake.host.changes.at(-1)?.what).toBe('daemon-reload')
})

test('interrupted before systemd loaded the drop-in, the next run loads it', async () => {
  const fake = fakeKubernetes()
  const { daemonReload } = fake.host.machine
  fake.host.machine.daemonReload = () => Promise.reject(new Error('cut'))
  await expect(runComponent(etcd, fake)).rejects.toThrow('cut')
  fake.host.machine.daemonReload = daemonReload
  expect(await runComponent(etcd, fake)).toEqual(['etcd/keep-to-data'])
})

test('a first master without its data does not start etcd, and the error says why', async () => {
  const fake = fakeKubernetes()
  await runComponent(etcd, fake)
  fake.host.files.deleteTree(DATA, false)
  fake.host.units.set('etcd.service', { active: false })
  await expect(runComponent(etcd, fake)).rejects.toMatchObject({
    code: 'etcd/data-missing',
    message: expect.stringContaining(`${DATA}/member/wal does not exist`),
    fix: expect.stringMatching(/mount the disk .*; .* agent reset/),
  })
  expect(fake.host.units.get('etcd.service')?.active).toBe(false)
})

test.each(['file', 'what systemd has read'])(
  'a reset removed the data and left the %s of the drop-in: etcd starts as a new member',
  async (left) => {
    const fake = fakeKubernetes()
    await runComponent(etcd, fake)
    fake.host.files.deleteTree(DATA, false)
    for (const path of [CONFIGURATION, ...(left === 'file' ? [] : [DROP_IN])]) fake.host.files.delete(path)
    fake.host.units.set('etcd.service', { active: false })
    await runComponent(etcd, fake)
    expect(fake.host.units.get('etcd.service')?.active).toBe(true)
    expect(fake.host.text(DROP_IN)).toContain('AssertPathExists')
  },
)

test('the data is removed also on a separate disk that is not empty', async () => {
  const fake = fakeKubernetes()
  fake.host.files.seedDirectory('/var/lib/etcd/lost+found')
  await runComponent(etcd, fake)
  expect(fake.host.changes.map(({ undo }) => undo)).toContainEqual({ kind: 'remove-tree', path: DATA })
})

/** The former first master, listed by etcd as a voter; its data is lost, and a failed start left a file. */
async function emptied() {
  const fake = joiningMaster()
  fake.params.task = 'first-master'
  await runComponent(etcd, fake)
  fake.params.task = 'master'
  fake.host.files.deleteTree(DATA, false)
  fake.host.files.seed(`${DATA}/member/snap/db`, '')
  fake.host.units.set('etcd.service', { active: false })
  fake.etcd.members.push({ ID: '999', name: 'n1', peerURLs: [PEER] })
  return fake
}
type Emptied = Awaited<ReturnType<typeof emptied>>

test('a member that lost its data joins again, although a failed start left a file', async () => {
  const fake = await emptied()
  await runComponent(etcd, fake)
  expect(fake.etcd.asked).toEqual(['remove', 'add', 'promote'])
  expect(JSON.parse(fake.host.text(CONFIGURATION))['initial-cluster-state']).toBe('existing')
  expect(fake.host.text(DROP_IN)).toContain('AssertPathExists')
  expect(await runComponent(etcd, fake)).toEqual([])
})

test('interrupted anywhere while it joins again, a boot starts it only as the current member', async () => {
  let isWhole = false
  let moment = 0
  for (; !isWhole; moment++) {
    const fake = await emptied()
    isWhole = await runComponent(etcd, { ...fake, host: cutting(fake.host, moment) }).then(
      () => true,
      (error: Error) => (error.message === 'cut' ? false : Promise.reject(error)),
    )
    expect(asWhat(fake), `cut at moment ${moment}`).not.toBe('another member')
    fake.host.units.set('etcd.service', { active: false })
    await runComponent(etcd, fake)
    expect(fake.etcd.members.filter(({ peerURLs }) => peerURLs[0] === PEER)).toMatchObject([{ name: 'n1' }])
    expect(await runComponent(etcd, fake)).toEqual([])
  }
  expect(moment).toBeGreaterThan(10)
})

/** The member as which a boot would start etcd. */
function asWhat({ host, etcd: { members } }: Emptied): string {
  const has = (path: string) => host.files.get(path) !== undefined
  if (!has(LINK) || (has(DROP_IN) && !has(`${DATA}/member/wal`))) return 'nothing'
  if (has(`${DATA}/member/wal`)) return 'this member'
  const settings = JSON.parse(host.text(CONFIGURATION))
  const isMember = members.some(({ peerURLs, name }) => peerURLs[0] === PEER && name === undefined)
  const others = OTHERS.map((address, index) => `${100 + index}=https://${address}:2380`).join(',')
  const isConfigured =
    settings['initial-cluster-state'] === 'existing' && settings['initial-cluster'] === `${others},n1=${PEER}`
  return isMember && isConfigured ? 'this member' : 'another member'
}

/** Interrupts before the change with this number. */
function cutting(host: FakeHost, moment: number): FakeHost {
  let left = moment
  const { write, remove, run, setUnit, restartUnit, daemonReload, makeDirectory } = host
  const changes = { write, remove, run, setUnit, restartUnit, daemonReload, makeDirectory }
  const cut = (change: (...args: never[]) => Promise<unknown>) => {
    return (...args: never[]) => (left-- === 0 ? Promise.reject(new Error('cut')) : change(...args))
  }
  return { ...host, ...Object.fromEntries(Object.entries(changes).map(([name, change]) => [name, cut(change)])) }
}
