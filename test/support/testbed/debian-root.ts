import { existsSync } from 'node:fs'
import { cp, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDirectory } from './bed.ts'
import { withLock } from './lock.ts'
import { baseRootfs } from './rootfs.ts'
import { must } from './run.ts'

/** What apt of this machine needs to reach its mirror. */
const APT = ['etc/apt/sources.list', 'etc/apt/sources.list.d', 'etc/apt/apt.conf.d', 'etc/resolv.conf', 'etc/hosts']
const CERTIFICATES = 'etc/ssl/certs/ca-certificates.crt'

/**
 * A root directory in the cache in which a Debian package is installed, with what it depends on, and other packages. It is made once.
 */
export async function rootWith(name: string, signal?: AbortSignal, others: readonly string[] = []): Promise<string> {
  const directory = join(cacheDirectory(), `${name}-root`)
  await withLock(`${directory}.lock`, signal, async () => {
    if (!existsSync(directory)) await build(directory, [name, ...others], signal)
  })
  return directory
}

async function build(directory: string, names: readonly string[], signal?: AbortSignal): Promise<void> {
  const partial = `${directory}.partial`
  const limits = { ...(signal && { signal }), timeoutMs: 600_000 }
  await rm(partial, { recursive: true, force: true })
  await must(['cp', '-a', await baseRootfs(signal), partial], limits)
  for (const path of [...APT, CERTIFICATES].filter((each) => existsSync(`/${each}`)))
    await cp(`/${path}`, join(partial, path), { recursive: true, dereference: true })
  const apt = ['chroot', partial, 'apt-get', '-o', 'APT::Sandbox::User=root']
  await must([...apt, 'update'], limits)
  await must([...apt, 'install', '-y', '--no-install-recommends', ...names], limits)
  await rename(partial, directory)
}
