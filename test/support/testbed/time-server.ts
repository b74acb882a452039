import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GATEWAY, PREFIX_LENGTH } from './bed.ts'
import { debianPackage } from './debian-package.ts'

/**
 * The path of chronyd on the host, or in Debian's package, unpacked into the cache. Installing the package would start a
 * service that sets the host's clock.
 */
export async function chronyd(signal?: AbortSignal): Promise<string> {
  if (existsSync('/usr/sbin/chronyd')) return '/usr/sbin/chronyd'
  return join(await debianPackage('chrony', signal), 'usr/sbin/chronyd')
}

/**
 * A command that serves the host's time on the bridge. It never sets the clock (-x) and uses no other server. Clients trust
 * its stratum.
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
