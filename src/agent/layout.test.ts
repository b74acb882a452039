import { expect, test } from 'vitest'
import { type LayoutOptions, layoutOf, type MachineFacts } from './layout.ts'

const FLATCAR = 'ID=flatcar\nID_LIKE=coreos\nVERSION_ID=4081.2.0\n'
const at = (mountPoint: string, options = 'rw,relatime', superOptions = 'rw') =>
  `30 1 8:1 / ${mountPoint} ${options} shared:1 - ext4 /dev/sda1 ${superOptions}\n`

interface Machine {
  files?: Record<string, string>
  links?: Record<string, string>
  ownPath?: string
}

function layout({ files = {}, links = {}, ownPath = '/root/agent' }: Machine, options: Partial<LayoutOptions> = {}) {
  const facts: MachineFacts = {
    exists: (path) => path in files,
    read: (path) => files[path] ?? '',
    real: (path) => links[path] ?? path,
    ownPath,
  }
  return layoutOf(options, facts).name
}

test.each<[string, Machine, string]>([
  ['Debian', { files: { '/etc/os-release': 'ID=debian\n', '/proc/self/mountinfo': at('/') } }, 'standard'],
  ['Flatcar', { files: { '/etc/os-release': FLATCAR } }, 'read-only-usr'],
  ['Flatcar without a link in /etc', { files: { '/usr/lib/os-release': FLATCAR } }, 'read-only-usr'],
  ['a read-only /usr', { files: { '/proc/self/mountinfo': at('/') + at('/usr', 'ro,relatime') } }, 'read-only-usr'],
  [
    'Fedora CoreOS, whose /opt is a link',
    {
      files: { '/proc/self/mountinfo': at('/', 'ro') + at('/usr', 'ro') + at('/var') },
      links: { '/opt': '/var/opt' },
    },
    'read-only-usr',
  ],
  ['a disk that became read-only', { files: { '/proc/self/mountinfo': at('/', 'rw', 'ro') } }, 'standard'],
  ['a chroot, whose mounts are not listed', { files: { '/proc/self/mountinfo': '' } }, 'standard'],
])('%s', (_, machine, name) => {
  expect(layout(machine)).toBe(name)
})

test('--os-hint replaces what the machine says', () => {
  const readOnly = { files: { '/etc/os-release': FLATCAR, '/proc/self/mountinfo': at('/usr', 'ro') } }
  expect(layout(readOnly, { osHint: 'debian' })).toBe('standard')
  expect(layout({}, { osHint: 'flatcar' })).toBe('read-only-usr')
})

test.each<[string, Machine]>([
  ['the agent is there', { files: { '/opt/bin/cantrip-agent': '' } }],
  ['it runs from there', { ownPath: '/opt/bin/cantrip-agent' }],
  ['an update of it runs', { ownPath: '/opt/bin/cantrip-agent.new' }],
  ['another instance of it runs', { ownPath: '/opt/bin/cantrip-blue-agent' }],
])('%s: a later command needs no hint', (_, machine) => {
  expect(layout(machine)).toBe('read-only-usr')
})

test('an agent that was installed in /usr/local stays there, whatever is true of the machine now', () => {
  const machine = { files: { '/usr/local/bin/cantrip-agent': '', '/etc/os-release': FLATCAR } }
  expect(layout(machine)).toBe('standard')
  expect(() => layout(machine, { osHint: 'flatcar' })).toThrow(
    expect.objectContaining({
      code: 'layout/other',
      message: 'the agent is installed in /usr/local/bin; --os-hint flatcar wants /opt/bin',
      fix: 'omit --os-hint; or remove the agent first: sudo /usr/local/bin/cantrip-agent uninstall',
    }),
  )
  expect(layout(machine, { osHint: 'debian' })).toBe('standard')
})

test('the agent of an image is removed with what was baked', () => {
  const files = { '/usr/local/bin/cantrip-agent': '', '/etc/systemd/system/cantrip-first-boot.path': '' }
  expect(() => layout({ files }, { osHint: 'flatcar' })).toThrow(
    expect.objectContaining({ fix: expect.stringMatching(/cantrip-agent uninstall --baked$/) }),
  )
})

test('an agent that was only downloaded to /opt/bin, or is of another instance, is not an installation', () => {
  expect(layout({ ownPath: '/opt/bin/agent' })).toBe('standard')
  expect(layout({ files: { '/opt/bin/cantrip-agent': '' } }, { instance: 'blue' })).toBe('standard')
})
