import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readBase } from './base.ts'

const OS = 'ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n'
const WANTED = ['dpkg', 'systemd-sysv', 'cloud-init', 'cloud-guest-utils', 'e2fsprogs']
const status = (names: readonly string[], state = 'install ok installed') =>
  names.map((name) => `Package: ${name}\nStatus: ${state}\nArchitecture: amd64\nVersion: 1.0-1\n`).join('\n')

let tree: string
beforeEach(async () => {
  tree = await mkdtemp(join(tmpdir(), 'base-'))
})
afterEach(() => rm(tree, { recursive: true }))

async function give(files: Record<string, string>): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(join(tree, dirname(path)), { recursive: true })
    await writeFile(join(tree, path), content)
  }
}

const WHOLE = {
  'etc/os-release': OS,
  'var/lib/dpkg/status': status(WANTED),
  'boot/vmlinuz-6.1.0-9-amd64': '',
  'boot/vmlinuz-6.1.0-10-amd64': '',
  'boot/initrd.img-6.1.0-10-amd64': '',
}

test('a base is described; the link of the distribution to its kernel is preferred to the newest file', async () => {
  await give(WHOLE)
  const found = await readBase(tree)
  expect(found).toMatchObject({
    arch: 'x64',
    os: { id: 'debian', version: '12' },
    kernel: '/boot/vmlinuz-6.1.0-10-amd64',
  })
  expect(found.packages['cloud-init']).toBe('1.0-1')
  await symlink('boot/vmlinuz-6.1.0-9-amd64', join(tree, 'vmlinuz'))
  expect(await readBase(tree)).toMatchObject({ kernel: '/vmlinuz', initrd: '/boot/initrd.img-6.1.0-10-amd64' })
})

test('a link that leads nowhere is not used', async () => {
  await give(WHOLE)
  await symlink('boot/vmlinuz-6.0', join(tree, 'vmlinuz'))
  expect(await readBase(tree)).toMatchObject({ kernel: '/boot/vmlinuz-6.1.0-10-amd64' })
})

test('all that is missing is named at once, also a package that was removed', async () => {
  const removed = status(['cloud-init'], 'deinstall ok config-files')
  await give({ 'etc/os-release': OS, 'var/lib/dpkg/status': `${status(['dpkg', 'e2fsprogs'])}\n${removed}` })
  await expect(readBase(tree)).rejects.toMatchObject({
    code: 'image/base',
    message: expect.stringContaining(
      'linux-image-amd64, initramfs-tools, systemd-sysv, cloud-init, cloud-guest-utils,',
    ),
    fix: expect.stringContaining('sudo chroot TREE apt-get install -y linux-image-amd64 initramfs-tools'),
  })
})

test.each<[string, Record<string, string>]>([
  ['an empty directory', {}],
  ['another distribution', { ...WHOLE, 'etc/os-release': 'ID=fedora\n' }],
  ['another architecture', { ...WHOLE, 'var/lib/dpkg/status': status(WANTED).replaceAll('amd64', 'riscv64') }],
])('%s is refused', async (_, files) => {
  await give(files)
  await expect(readBase(tree)).rejects.toMatchObject({
    code: 'image/base',
    message: expect.stringMatching(/wanted Debian/),
  })
})
