import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { OS_RELEASES } from '../../../test/support/fixtures/os-release.ts'
import { check } from './check.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
type Name = keyof typeof OS_RELEASES

function machine(name: Name) {
  const [kernel, osRelease] = OS_RELEASES[name]
  const files = { '/etc/os-release': osRelease, '/proc/sys/kernel/osrelease': `${kernel}\n` }
  return fakeHost({ files, directories: ['/run/systemd/system'] })
}

const TOO_OLD: Name[] = [
  'ubuntu-18.04',
  'debian-10',
  'centos-7',
  'centos-7-new-kernel',
  'amazon-2',
  'sles-12',
  'mint-19',
]
const NOT_IN_THE_LIST: Name[] = ['debian-testing', 'debian-14', 'sles-16', 'fedora-41', 'arch', 'leap-15.6']
const others = [...TOO_OLD, ...NOT_IN_THE_LIST]
const SUPPORTED = (Object.keys(OS_RELEASES) as Name[]).filter((name) => !others.includes(name))

test.each(SUPPORTED)('%s is supported', async (name) => {
  expect(await check.look(machine(name), params)).toMatchObject({ kind: 'pass', found: expect.stringContaining('x64') })
})

test.each(NOT_IN_THE_LIST)('%s is new enough: a warning', async (name) => {
  expect(await check.look(machine(name), params)).toMatchObject({ kind: 'warn' })
})

test('a single version is not shown as a range', async () => {
  const verdict = await check.look(machine('sles-16'), params)
  expect(verdict).toMatchObject({ wanted: 'SUSE Linux Enterprise Server 15' })
  const unknown = await check.look(machine('arch'), params)
  expect(unknown).toMatchObject({ wanted: expect.stringContaining('Ubuntu 20.04 to 26.04, Debian 11 to 13') })
  expect(unknown).toMatchObject({ wanted: expect.stringMatching(/SUSE Linux Enterprise Server 15, .* 3510 or newer$/) })
})

test.each(TOO_OLD)('%s is too old', async (name) => {
  expect(await check.look(machine(name), params)).toMatchObject({
    kind: 'fail',
    fix: expect.stringMatching(/upgrade|choose/),
  })
})

test('without systemd the check fails', async () => {
  const host = machine('debian-12')
  host.files.deleteTree('/run/systemd', false)
  expect(await check.look(host, params)).toMatchObject({ kind: 'fail', wanted: 'systemd as process 1' })
})
