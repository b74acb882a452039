import { expect, test } from 'vitest'
import { neededTools, requireTools } from './tools.ts'

test('all missing programs are named in one error, with the packages to install', async () => {
  const have = new Set(['/usr/bin/tar', '/usr/bin/unshare', '/usr/sbin/mke2fs'])
  await expect(requireTools('x64', ['qcow2'], async (path) => have.has(path))).rejects.toMatchObject({
    code: 'image/tools',
    message: expect.stringMatching(/^\/usr\/sbin\/sgdisk, .*\/usr\/bin\/qemu-img not found/),
    fix: 'sudo apt-get install -y gdisk mtools grub-common grub-efi-amd64-bin grub-pc-bin qemu-utils',
  })
})

test('a raw disk needs no qemu-img, and one for arm64 no boot loader for a BIOS', async () => {
  await requireTools('x64', ['raw'], async (path) => !path.includes('qemu'))
  await expect(requireTools('x64', ['raw', 'ova'], async (path) => !path.includes('qemu'))).rejects.toThrow(/qemu-img/)
  expect(neededTools('arm64').map((each) => each.package)).not.toContain('grub-pc-bin')
})
