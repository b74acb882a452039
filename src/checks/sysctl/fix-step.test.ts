import { expect, test } from 'vitest'
import { fakeHost } from '../../../test/support/fake-host.ts'
import { check } from './check.ts'
import { fixStep } from './fix-step.ts'

const params = { roles: [], ownStateDirectory: '/var/lib/cantrip' }
const context = { signal: new AbortController().signal, progress() {}, log() {} }
const FILE = '/etc/sysctl.d/zz-cantrip-precheck.conf'

test('too few watches and a file that disables forwarding: fixed now and for the next boot, and only once', async () => {
  const host = fakeHost({
    sysctls: {
      'net.ipv4.ip_forward': '0',
      'fs.inotify.max_user_instances': '128',
      'fs.inotify.max_user_watches': '524288',
    },
    files: { '/etc/sysctl.d/99-sysctl.conf': 'net.ipv4.ip_forward=0\n' },
  })
  expect(await check.look(host, params)).toMatchObject({ kind: 'warn' })
  expect(await fixStep.isDone(host, params)).toBe(false)
  await fixStep.apply(host, params, context)
  expect(host.text(FILE)).toBe('fs.inotify.max_user_instances = 1024\nnet.ipv4.ip_forward = 1\n')
  expect(await host.read('/proc/sys/fs/inotify/max_user_instances')).toBe('1024\n')
  // Provisioning enables forwarding, not the fix.
  expect(await host.read('/proc/sys/net/ipv4/ip_forward')).toBe('0\n')
  expect(await check.look(host, params)).toMatchObject({ kind: 'pass' })
  expect(await fixStep.isDone(host, params)).toBe(true)
  expect(host.changes.map(({ undo }) => undo)).toEqual([
    expect.objectContaining({ kind: 'remove-path', path: FILE }),
    { kind: 'sysctl', key: 'fs.inotify.max_user_instances', before: '128', written: '1024' },
  ])
})

test('earlier settings remain in the file', async () => {
  const host = fakeHost({
    sysctls: { 'fs.inotify.max_user_instances': '128', 'fs.inotify.max_user_watches': '524288' },
    files: { [FILE]: 'net.ipv4.conf.all.rp_filter = 2\n' },
  })
  await fixStep.apply(host, params, context)
  expect(host.text(FILE)).toBe('net.ipv4.conf.all.rp_filter = 2\nfs.inotify.max_user_instances = 1024\n')
})
