import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { pathsOf } from '../paths.ts'
import { eraseDayZero, findDayZero, nameForUnnamed } from './day-zero.ts'

const paths = pathsOf()
const FILES = { '/etc/cantrip-day0/prod.pem': 'pem', '/etc/cantrip-day0/prod-passphrase.txt': 'words' }
const ID = '7f3f1b0c9e4d4d0f9a5d1c2b3a4e5f60'

test('the credentials of a cluster are found, used, and removed without an undo', async () => {
  const host = fakeHost({ files: FILES })
  const files = await findDayZero(host, paths)
  expect(files).toEqual({
    credsFile: '/etc/cantrip-day0/prod.pem',
    passphraseFile: '/etc/cantrip-day0/prod-passphrase.txt',
  })
  const [erase] = eraseDayZero.components.flatMap(({ steps }) => steps(files))
  expect(await erase?.isDone(host, files)).toBe(false)
  await erase?.apply(host, files, {} as never)
  expect(await erase?.isDone(host, files)).toBe(true)
  expect(await host.list('/etc/cantrip-day0')).toEqual([])
  expect(host.changes.filter(({ undo }) => undo.kind !== 'nothing')).toEqual([])
})

test.each([
  ['no directory', {}, 'no NAME.pem'],
  ['no credentials', { '/etc/cantrip-day0/README': '' }, 'no NAME.pem'],
  ['those of two clusters', { ...FILES, '/etc/cantrip-day0/test.pem': 'pem' }, 'prod.pem, test.pem'],
])('%s is an error with a fix', async (_, files, found) => {
  await expect(findDayZero(fakeHost({ files }), paths)).rejects.toMatchObject({
    code: 'day-zero/credentials',
    message: expect.stringContaining(found),
    fix: expect.stringContaining('0600'),
  })
})

test.each([
  ['localhost', ID, 'node-7f3f1b0c9e4d'],
  ['localhost.localdomain', ID, 'node-7f3f1b0c9e4d'],
  ['', ID, 'node-7f3f1b0c9e4d'],
  ['rack4', ID, undefined],
  ['localhost4', ID, undefined],
  ['localhost', 'uninitialized', undefined],
])('a machine with the hostname "%s" gets a name only if it has none', (hostname, machineId, name) => {
  expect(nameForUnnamed(hostname, machineId)).toBe(name)
})
