import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { prepareTree } from './tree.ts'

const BOOT = {
  root: '0b9b5f6e-1b1c-4f6e-9d5e-0d8f0c6c1a2b',
  title: 'Debian',
  kernel: '/vmlinuz',
  initrd: '/initrd.img',
}

let scratch: string
const at = (path: string) => join(scratch, path)
beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'tree-'))
  await mkdir(at('tree/etc'), { recursive: true })
  await mkdir(at('machine/grub'), { recursive: true })
  for (const file of ['machine/fstab', 'machine/grub/grub.cfg', 'machine/one.deb']) await writeFile(at(file), 'own')
})
afterEach(() => rm(scratch, { recursive: true }))

test.each([
  ['etc/fstab', 'machine/fstab', 'machine/fstab'],
  ['boot', 'machine', 'machine/grub/grub.cfg'],
  ['var/cache/apt/archives', 'machine', 'machine/one.deb'],
])('a link at %s of the base does not lead to a file of this machine', async (link, target, kept) => {
  await mkdir(dirname(at(`tree/${link}`)), { recursive: true })
  await symlink(at(target), at(`tree/${link}`))
  await expect(prepareTree(at('tree'), BOOT)).rejects.toMatchObject({ code: 'image/base' })
  expect(await readFile(at(kept), 'utf8')).toBe('own')
})
