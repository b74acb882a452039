import { expect, test } from 'vitest'
import { fakeKubernetes, runComponent } from '../../../test/support/fake-kubernetes.ts'
import { etcdBackup } from './component.ts'

test('installs etcdutl, and a timer; the second run changes nothing', async () => {
  const fake = fakeKubernetes()
  fake.host.on(['systemctl', 'is-active'], ([, , unit = '']) => ({
    exitCode: fake.host.units.get(unit)?.active ? 0 : 3,
  }))
  expect(await runComponent(etcdBackup, fake)).toHaveLength(3)
  expect(fake.host.units.get('cantrip-etcd-backup.timer')?.active).toBe(true)
  expect(JSON.parse(fake.host.text('/etc/cantrip-etcd-backup/settings.json'))).toEqual({
    cluster: { id: 'c-aaaaaaaaaa', name: 'demo' },
    node: 'n1',
  })
  expect(await runComponent(etcdBackup, fake)).toEqual([])
})

test('the undo of the backups is recorded before any is made', async () => {
  const fake = fakeKubernetes()
  fake.host.on(['systemctl', 'is-active'], ([, , unit = '']) => ({
    exitCode: fake.host.units.get(unit)?.active ? 0 : 3,
  }))
  await runComponent(etcdBackup, fake)
  expect(fake.host.changes.map(({ undo }) => undo)).toContainEqual({
    kind: 'remove-tree',
    path: '/var/lib/cantrip-etcd-backup',
  })
})

test('a bundle of an earlier build has no etcdutl, and sets up no backups', async () => {
  const fake = fakeKubernetes()
  const { manifest } = fake.params.bundleStore
  manifest.files = manifest.files.filter(({ name }) => name !== 'etcdutl')
  expect(await runComponent(etcdBackup, fake)).toEqual([])
})
