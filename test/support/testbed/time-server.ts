import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDirectory, GATEWAY, PREFIX_LENGTH } from './bed.ts'
import { withLock } from './lock.ts'
import { must } from './run.ts'

/**
 * chronyd's path: the host's own, or else Debian's package unpacked into the cache. Never installed, because the
 * package would start a service that sets the host's clock.
 */
export async function chronyd(signal?: AbortSignal): Promise<string> {
  if (existsSync('/usr/sbin/chronyd')) return '/usr/sbin/chronyd'
  const directory = join(cacheDirectory(), 'chrony')
  const binary = join(directory, 'usr/sbin/chronyd')
  await mkdir(cacheDirectory(), { recursive: true })
  await withLock(`${directory}.lock`, signal, async () => {
    if (!existsSync(binary)) await unpack(directory, signal)
  })
  return binary
}

async function unpack(directory: string, signal?: AbortSignal): Promise<void> {
  const partial = `${directory}.partial`
  await rm(partial, { recursive: true, force: true })
  await mkdir(partial)
  const limits = { ...(signal && { signal }), timeoutMs: 120_000 }
  await must(['apt-get', 'download', 'chrony'], { cwd: partial, ...limits })
  const archive = (await readdir(partial)).find((name) => name.endsWith('.deb')) ?? ''
  await must(['dpkg', '-x', join(partial, archive), partial], limits)
  await rm(directory, { recursive: true, force: true })
  await rename(partial, directory)
}

/**
 * A command that serves the host's time on the bridge and never touches the clock (-x), nor asks another server.
 * Its stratum is one that a client trusts.
 */
export async function timeServer(binary: string, directory: string): Promise<string[]> {
  const file = join(directory, 'chrony.conf')
  const network = `${GATEWAY.split('.').slice(0, 3).join('.')}.0/${PREFIX_LENGTH}`
  const lines = [
    'local stratum 3',
    `allow ${network}`,
    `bindaddress ${GATEWAY}`,
    'cmdport 0', // no control socket, over the network or in the file system
    'bindcmdaddress /',
    `pidfile ${join(directory, 'chrony.pid')}`,
    'user root',
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  return [binary, '-d', '-x', '-f', file]
}
