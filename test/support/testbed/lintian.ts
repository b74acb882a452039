import { existsSync } from 'node:fs'
import { copyFile, cp, mkdtemp, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { cacheDirectory } from './bed.ts'
import { withLock } from './lock.ts'
import { baseRootfs } from './rootfs.ts'
import { must, run } from './run.ts'

/** What apt of this machine needs to reach its mirror. */
const APT = ['etc/apt/sources.list', 'etc/apt/sources.list.d', 'etc/apt/apt.conf.d', 'etc/resolv.conf', 'etc/hosts']
const CERTIFICATES = 'etc/ssl/certs/ca-certificates.crt'

/** The findings of lintian on these packages. It is installed once, in a root directory of its own in the cache. */
export async function lintian(packages: readonly string[], signal?: AbortSignal): Promise<string> {
  const root = await lintianRoot(signal)
  const inside = await mkdtemp(join(root, 'root/packages-'))
  try {
    for (const file of packages) await copyFile(file, join(inside, basename(file)))
    const files = packages.map((file) => `/root/${basename(inside)}/${basename(file)}`)
    const { stdout, stderr } = await run(['chroot', root, 'lintian', '--allow-root', ...files], { timeoutMs: 300_000 })
    return `${stdout}${stderr}`
  } finally {
    await rm(inside, { recursive: true })
  }
}

async function lintianRoot(signal?: AbortSignal): Promise<string> {
  const directory = join(cacheDirectory(), 'lintian-root')
  await withLock(`${directory}.lock`, signal, async () => {
    if (!existsSync(directory)) await build(directory, signal)
  })
  return directory
}

async function build(directory: string, signal?: AbortSignal): Promise<void> {
  const partial = `${directory}.partial`
  const limits = { ...(signal && { signal }), timeoutMs: 600_000 }
  await rm(partial, { recursive: true, force: true })
  await must(['cp', '-a', await baseRootfs(signal), partial], limits)
  for (const path of [...APT, CERTIFICATES].filter((each) => existsSync(`/${each}`)))
    await cp(`/${path}`, join(partial, path), { recursive: true, dereference: true })
  const apt = ['chroot', partial, 'apt-get', '-o', 'APT::Sandbox::User=root']
  await must([...apt, 'update'], limits)
  await must([...apt, 'install', '-y', '--no-install-recommends', 'lintian'], limits)
  await rename(partial, directory)
}
