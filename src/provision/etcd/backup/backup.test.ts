import { expect, test } from 'vitest'
import { fakeEtcdutl } from '../../../../test/support/fake-etcdutl.ts'
import { fakeHost } from '../../../../test/support/fake-host.ts'
import { SHARED_FILES } from '../../shared-files.ts'
import { admitBackup } from './admit.ts'
import { listBackups } from './list.ts'
import { BACKUPS, DATABASE, recordOf, SETTINGS_FILE, snapshotOf } from './places.ts'
import { KEPT } from './prune.ts'
import { saveBackup } from './save.ts'

const CLUSTER = { id: 'c-aaaaaaaaaa', name: 'factory' }
const NOW = new Date('2026-06-01T12:00:00Z')

function master() {
  const host = fakeHost({ now: NOW, directories: [BACKUPS] })
  host.files.seed(SETTINGS_FILE, JSON.stringify({ cluster: CLUSTER, node: 'm1' }))
  for (const [name, { path }] of Object.entries(SHARED_FILES)) host.files.seed(path, `content of ${name}`)
  return { host, etcd: fakeEtcdutl(host), save: (reason = 'schedule') => saveBackup(host.machine, reason) }
}

test('a backup has the snapshot and the authorities, for root alone, and is listed', async () => {
  const { host, save } = master()
  const saved = await save()
  expect(saved).toEqual({
    ...{ id: 'm1-20260601T120000Z', reason: 'schedule', madeAt: NOW.toISOString() },
    ...{ revision: 7, keys: 3, bytes: 4, etcdVersion: '3.6.0' },
  })
  expect(await listBackups(host)).toEqual([saved])
  const files = host.files.list(`${BACKUPS}/${saved.id}`) ?? []
  expect(files).toEqual(['authorities.json', 'backup.json', 'snapshot.db'])
  expect(files.map((name) => host.files.stat(`${BACKUPS}/${saved.id}/${name}`)?.mode)).toEqual([0o600, 0o600, 0o600])
  const authorities = JSON.parse(host.text(`${BACKUPS}/${saved.id}/authorities.json`))
  expect(Object.keys(authorities)).toEqual(Object.keys(SHARED_FILES))
  expect(JSON.stringify(saved) + JSON.stringify(host.calls)).not.toContain('content of')
})

test('after a failure nothing of the backup is left', async () => {
  const { host, etcd, save } = master()
  etcd.failure = 'context deadline exceeded'
  await expect(save()).rejects.toMatchObject({ code: 'command/failed' })
  expect(host.files.list(BACKUPS)).toEqual([])
})

test('a full disk is one clear error, before etcd is asked', async () => {
  const { host, etcd, save } = master()
  host.files.seed(DATABASE, 'x'.repeat(1_000))
  host.setDisk({ freeBytes: 2 ** 20 })
  await expect(save()).rejects.toMatchObject({
    code: 'etcd-backup/disk-full',
    message: expect.stringMatching(/found 1 MiB free .*wants 65 MiB/),
  })
  expect(etcd.commands).toEqual([])
})

test('the oldest backups by schedule go, beyond the number that is kept', async () => {
  const { host, save } = master()
  for (let index = 0; index < KEPT.schedule.count + 3; index++) {
    await save()
    host.clock.nowMs += 6 * 3_600_000
  }
  const kept = await listBackups(host)
  expect(kept).toHaveLength(KEPT.schedule.count)
  expect(kept.at(-1)?.id).toBe('m1-20260602T060000Z')
})

test('backups by request displace only such ones, by number and by size', async () => {
  const { host, etcd, save } = master()
  const others = [await save('schedule'), await saveLater('upgrade')]
  async function saveLater(reason: string) {
    host.clock.nowMs += 1_000
    return save(reason)
  }
  for (let index = 0; index < 30; index++) await saveLater('request')
  const kept = await listBackups(host)
  expect(kept.filter(({ reason }) => reason === 'request')).toHaveLength(KEPT.request.count)
  expect(kept.slice(-2)).toEqual(others.toReversed())
  for (const { id } of kept.filter(({ reason }) => reason === 'request')) {
    const record = JSON.parse(host.text(recordOf(id)))
    host.files.seed(recordOf(id), JSON.stringify({ ...record, bytes: KEPT.request.bytes }))
  }
  etcd.data = 'more data'
  const last = await saveLater('request')
  expect(await listBackups(host)).toEqual([last, ...others.toReversed()])
})

test('a second backup in the same second is refused, and leaves the first one alone', async () => {
  const { host, save } = master()
  const results = await Promise.allSettled([save(), save('request')])
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  await expect(save('request')).rejects.toMatchObject({ code: 'etcd-backup/busy', kind: 'refused' })
  expect(results[1]).toMatchObject({ reason: { code: 'etcd-backup/busy' } })
  expect(await listBackups(host)).toMatchObject([{ reason: 'schedule' }])
  expect(host.files.list(BACKUPS)).toEqual(['m1-20260601T120000Z'])
})

test('what a killed process left is removed by the next backup', async () => {
  const { host, save } = master()
  host.files.seed(`${BACKUPS}/.m1-20260601T060000Z/snapshot.db`, 'half')
  host.clock.nowMs += 3_600_000
  const { id } = await save()
  expect(host.files.list(BACKUPS)).toEqual([id])
})

test('an incomplete backup is not listed', async () => {
  const { host } = master()
  host.files.seed(`${BACKUPS}/m1-20260601T060000Z/snapshot.db`, 'half')
  host.files.seed(`${BACKUPS}/m1-20260601T070000Z/backup.json`, '{"id":')
  expect(await listBackups(host)).toEqual([])
})

test('a master that an earlier build provisioned says what to do', async () => {
  const { host, save } = master()
  host.files.delete(SETTINGS_FILE)
  await expect(save()).rejects.toMatchObject({ code: 'etcd-backup/not-set-up' })
})

test('a backup of this cluster is admitted', async () => {
  const { host, save } = master()
  const { id } = await save()
  await expect(admitBackup(host, id, CLUSTER)).resolves.toBeUndefined()
})

test.each([
  ['unknown', 'm1-20200101T000000Z', () => undefined],
  [
    'other-cluster',
    undefined,
    ({ host }: Scene) => host.files.seed('/etc/kubernetes/pki/ca.crt', 'of another cluster'),
  ],
  ['damaged', undefined, ({ host, id }: Scene) => host.files.seed(snapshotOf(id), 'dota')],
  ['damaged', undefined, ({ etcd }: Scene) => Object.assign(etcd, { failure: 'file size too small' })],
  [
    'newer-etcd',
    undefined,
    ({ host, id }: Scene) => host.files.seed(recordOf(id), host.text(recordOf(id)).replace('"3.6.0"', '"3.7.0"')),
  ],
])('refuses a backup that is %s', async (reason, asked, spoil) => {
  const { host, etcd, save } = master()
  const { id } = await save()
  spoil({ host, etcd, id })
  await expect(admitBackup(host, asked ?? id, CLUSTER)).rejects.toMatchObject({ code: `etcd-backup/${reason}` })
})

type Scene = Pick<ReturnType<typeof master>, 'host' | 'etcd'> & { id: string }
