import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GATEWAY, PREFIX_LENGTH } from './bed.ts'
import { type Node, path } from './machine.ts'
import { mountsBelow, unmountBelow } from './mounts.ts'
import { must } from './run.ts'

/**
 * Creates a node's disk: an overlay over the base, and a real directory for /var, because containerd's overlays do not work
 * on another overlay.
 */
export async function makeDisk(node: Node, base: string): Promise<void> {
  for (const layer of ['upper', 'work', 'root']) await mkdir(join(node.directory, layer), { recursive: true })
  await must(['cp', '--archive', '--reflink=auto', join(base, 'var'), join(node.directory, 'var')])
  await writeFile(join(node.directory, 'base'), base)
  await mountDisk(node, base)
  const etc = join(path(node), 'etc')
  await writeFile(join(etc, 'hostname'), `${node.name}\n`)
  await writeFile(
    join(etc, 'hosts'),
    `127.0.0.1 localhost\n::1 localhost ip6-localhost\n${node.address} ${node.name}\n`,
  )
  await rm(join(etc, 'resolv.conf'), { force: true }) // debootstrap copies the host's
  await writeFile(join(etc, 'resolv.conf'), `nameserver ${GATEWAY}\n`)
  await writeFile(join(etc, 'systemd/timesyncd.conf'), `[Time]\nNTP=${GATEWAY}\n`)
  await writeFile(join(etc, 'machine-id'), `${randomBytes(16).toString('hex')}\n`)
  const network = [
    ...['[Match]', 'Name=host0', ''],
    ...['[Network]', `Address=${node.address}/${PREFIX_LENGTH}`, `Gateway=${GATEWAY}`],
    ...['LinkLocalAddressing=no', 'IPv6AcceptRA=no', ''],
  ]
  await writeFile(join(etc, 'systemd/network/10-host0.network'), network.join('\n'))
}

/** Mounts the disk unless it is mounted. After a reboot of the host the mounts are gone. */
export async function mountDisk(node: Node, base: string): Promise<void> {
  if (mountsBelow(path(node)).length > 0) return
  const part = (name: string) => join(node.directory, name)
  const options = `lowerdir=${base},upperdir=${part('upper')},workdir=${part('work')}`
  await must(['mount', '-t', 'overlay', 'overlay', '-o', options, path(node)])
  await must(['mount', '--bind', part('var'), join(path(node), 'var')])
}

export async function removeDisk(node: Node): Promise<void> {
  if (!existsSync(node.directory)) return
  await unmountBelow(node.directory)
  await rm(node.directory, { recursive: true })
}
