import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { enableUnit, startUnit, unitIsCurrent } from './units.ts'

const UNIT = 'x.service'
const FILE = '/etc/x.conf'
const { signal } = new AbortController()

/** A machine with any value of UnitFileState. */
function machine(said: string) {
  const host = fakeHost({ files: { [FILE]: '', '/proc/uptime': '1000.00 1.00\n' } })
  host.on(['systemctl', 'show', UNIT], () => {
    const active = host.units.get(UNIT)?.active ? 'active' : 'inactive'
    return { stdout: `ActiveState=${active}\n${said}\nExecMainStartTimestampMonotonic=1000000000\n` }
  })
  return host
}

test('is enabled by its link, regardless of the state that systemd cached', async () => {
  const host = machine('UnitFileState=disabled\nNeedDaemonReload=no')
  expect(await unitIsCurrent(host, UNIT, [FILE])).toBe(false)
  await startUnit(host, UNIT, [FILE], { signal })
  expect(await unitIsCurrent(host, UNIT, [FILE])).toBe(true)
})

test('is not current before a daemon-reload, or if it was started before its files changed', async () => {
  const unread = machine('NeedDaemonReload=yes')
  await startUnit(unread, UNIT, [FILE], { signal })
  expect(await unitIsCurrent(unread, UNIT, [FILE])).toBe(false)
  const later = machine('NeedDaemonReload=no')
  await startUnit(later, UNIT, [FILE], { signal })
  later.clock.nowMs += 10_000
  later.files.seed('/proc/uptime', '1010.00 1.00\n')
  later.files.seed(FILE, 'changed')
  expect(await unitIsCurrent(later, UNIT, [FILE])).toBe(false)
})

test('a unit in /etc that replaces one of a package is reloaded', async () => {
  const host = fakeHost({ files: { [FILE]: '', '/proc/uptime': '1000.00 1.00\n' } })
  let fragment = `/lib/systemd/system/${UNIT}`
  host.units.set(UNIT, { active: true })
  host.machine.daemonReload = async () => {
    fragment = `/etc/systemd/system/${UNIT}`
  }
  host.on(['systemctl', 'show', UNIT], () => ({
    stdout: `ActiveState=active\nFragmentPath=${fragment}\nNeedDaemonReload=no\nExecMainStartTimestampMonotonic=1000000000\n`,
  }))
  await enableUnit(host, UNIT)
  expect(await unitIsCurrent(host, UNIT, [FILE])).toBe(false)
  await startUnit(host, UNIT, [FILE], { signal })
  expect(await unitIsCurrent(host, UNIT, [FILE])).toBe(true)
})

test('is not current if its executable was replaced, even by an older file', async () => {
  const host = machine('NeedDaemonReload=no\nMainPID=77')
  await startUnit(host, UNIT, [FILE], { signal })
  host.files.seedLink('/proc/77/exe', '/usr/local/bin/x')
  expect(await unitIsCurrent(host, UNIT, [FILE])).toBe(true)
  host.files.seedLink('/proc/77/exe', '/usr/local/bin/x (deleted)')
  expect(await unitIsCurrent(host, UNIT, [FILE])).toBe(false)
})
