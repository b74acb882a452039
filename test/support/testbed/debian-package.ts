import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDirectory } from './bed.ts'
import { withLock } from './lock.ts'
import { must } from './run.ts'

/**
 * The directory with the files of a Debian package, unpacked into the cache. The package is never installed, because that
 * might start a service or remove another package of the host.
 */
export async function debianPackage(name: string, signal?: AbortSignal): Promise<string> {
  const directory = join(cacheDirectory(), name)
  await mkdir(cacheDirectory(), { recursive: true })
  await withLock(`${directory}.lock`, signal, async () => {
    if (!existsSync(directory)) await unpack(name, directory, signal)
  })
  return directory
}

async function unpack(name: string, directory: string, signal?: AbortSignal): Promise<void> {
  const partial = `${directory}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial)
  const limits = { ...(signal && { signal }), timeoutMs: 120_000 }
  await must(['apt-get', '-o', 'APT::Sandbox::User=root', 'download', name], { cwd: partial, ...limits })
  const archive = (await readdir(partial)).find((file) => file.endsWith('.deb')) ?? ''
  await must(['dpkg', '-x', join(partial, archive), partial], limits)
  await rename(partial, directory)
}
