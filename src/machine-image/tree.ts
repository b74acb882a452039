import { lstat, mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { AgentError } from '../base/agent-error.ts'
import { command } from '../base/command.ts'
import { type Boot, fstab, grubConfiguration } from './boot-files.ts'
import type { Run } from './tools.ts'

/** Copies a root directory, or unpacks an archive of one, to the empty directory `tree`. Throws `image/base` for anything else. */
export async function copyBase(base: string, tree: string, run: Run): Promise<void> {
  const found = await stat(base).catch(() => undefined)
  if (found?.isDirectory()) {
    // What is mounted below it, such as /proc, is no part of it.
    await run(['cp', '--archive', '--one-file-system', '--reflink=auto', `${base}/.`, tree])
    return
  }
  if (!found?.isFile()) throw notATree(`found ${found ? 'neither a directory nor a file' : 'nothing'} at ${base}`)
  if (await isDisk(base))
    throw notATree(
      `found the image of a disk at ${base}`,
      `take the files from the disk: ${command`virt-tar-out --add ${base} / base.tar`} (package libguestfs-tools), and pass base.tar`,
    )
  const whole = ['--numeric-owner', '--same-permissions', '--xattrs', '--xattrs-include=*']
  await run(['tar', '--extract', ...whole, '-f', base, '-C', tree])
}

function notATree(
  found: string,
  fix = 'pass a root directory that debootstrap made, or a tar archive of one',
): AgentError {
  return new AgentError('image/base', `${found}; wanted a root directory, or a tar archive of one`, {
    fix,
    kind: 'invalid',
  })
}

/** qcow2, VMDK, or a raw disk with a partition table. */
async function isDisk(file: string): Promise<boolean> {
  const handle = await open(file)
  try {
    const head = Buffer.alloc(1024)
    await handle.read(head, 0, head.length, 0)
    const at = (text: string, offset: number) => head.toString('latin1', offset, offset + text.length) === text
    return at('QFI\xfb', 0) || at('KDMV', 0) || at('EFI PART', 512) || (at('\x55\xaa', 510) && !at('ustar', 257))
  } finally {
    await handle.close()
  }
}

/** Where apt keeps what it has downloaded. */
const ARCHIVES = 'var/cache/apt/archives'

/** A link in the tree can lead to a file of this machine. Throws `image/base`. */
async function requireNoLink(tree: string, path: string): Promise<void> {
  const names = path.split('/')
  for (const index of names.keys()) {
    const part = names.slice(0, index + 1).join('/')
    const found = await lstat(join(tree, part)).catch(() => undefined)
    if (!found?.isSymbolicLink()) continue
    throw new AgentError('image/base', `/${part} of the base is a symbolic link; wanted none in the way to /${path}`, {
      fix: 'replace the link by what it points to',
      kind: 'invalid',
    })
  }
}

/** Makes the tree one of a disk: its file system table, the menu of the boot loader, and no downloaded packages. */
export async function prepareTree(tree: string, boot: Boot): Promise<void> {
  for (const path of ['boot/grub/grub.cfg', 'etc/fstab', ARCHIVES]) await requireNoLink(tree, path)
  await mkdir(join(tree, 'boot/grub'), { recursive: true })
  await writeFile(join(tree, 'boot/grub/grub.cfg'), grubConfiguration(boot))
  await writeFile(join(tree, 'etc/fstab'), fstab(boot))
  for (const file of await readdir(join(tree, ARCHIVES)).catch(() => []))
    if (file.endsWith('.deb')) await rm(join(tree, ARCHIVES, file))
}
