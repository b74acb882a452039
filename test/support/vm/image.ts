import { globSync } from 'node:fs'
import { copyFile, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { GATEWAY, PREFIX_LENGTH } from '../testbed/bed.ts'
import { must } from '../testbed/run.ts'
import { cached } from './cached.ts'
import { debianTree, removeTree } from './debian-tree.ts'

export const SUITE = 'bookworm'
/** The packages of a server with a firewall, and those that a node of the test bed gets from its host. */
export const PACKAGES = [
  ...['systemd', 'systemd-sysv', 'systemd-timesyncd', 'dbus', 'udev', 'libpam-systemd', 'procps', 'kmod', 'mount'],
  ...['util-linux', 'netbase', 'hostname', 'iproute2', 'iptables', 'nftables', 'conntrack', 'ebtables', 'ethtool'],
  ...['socat', 'iputils-ping', 'ca-certificates', 'openssl', 'curl', 'less', 'libseccomp2', 'libstdc++6', 'e2fsprogs'],
  ...['linux-image-cloud-amd64', 'initramfs-tools', 'zstd', 'qemu-guest-agent', 'firewalld'],
  ...['systemd-container', 'debootstrap'], // for the test bed inside the guest
]
const DISK_SIZE = '16G'
/** Raise it when settle() changes. */
const SETTLED = 1

/** The only guest of a bed. Its name and address are part of its image. */
export const GUEST_NAME = 'vm1'
export const GUEST_ADDRESS = '10.90.0.60'
export const GUEST_MAC = '52:54:00:12:34:56'

export interface GuestImage {
  /** Its name contains a hash of its inputs. */
  readonly directory: string
  readonly kernel: string
  readonly initrd: string
  /** A raw image that is never written to. */
  readonly disk: string
}

/** A disk image of Debian 12, with its kernel. Built once (about 2 minutes), then cached. */
export async function guestImage(signal?: AbortSignal): Promise<GuestImage> {
  const inputs = [SUITE, PACKAGES, DISK_SIZE, SETTLED, GUEST_NAME, GUEST_ADDRESS, GUEST_MAC]
  const directory = await cached('guest', inputs, signal, (partial) => build(partial, signal))
  const file = (name: string) => join(directory, name)
  return { directory, kernel: file('kernel'), initrd: file('initrd'), disk: file('disk.raw') }
}

async function build(directory: string, signal?: AbortSignal): Promise<void> {
  const tree = join(directory, 'tree')
  await debianTree(tree, SUITE, PACKAGES, signal)
  await settle(tree)
  const [kernel = ''] = globSync(join(tree, 'boot/vmlinuz-*'))
  const [initrd = ''] = globSync(join(tree, 'boot/initrd.img-*'))
  await copyFile(kernel, join(directory, 'kernel'))
  await copyFile(initrd, join(directory, 'initrd'))
  const lazy = 'lazy_itable_init=1,lazy_journal_init=1'
  const format = ['mke2fs', '-q', '-t', 'ext4', '-E', lazy, '-d', tree]
  await must([...format, join(directory, 'disk.raw'), DISK_SIZE], { ...(signal && { signal }), timeoutMs: 300_000 })
  await removeTree(tree)
}

async function settle(root: string): Promise<void> {
  const etc = (path: string) => join(root, 'etc', path)
  const inside = (argv: string[]) => must(['chroot', root, ...argv])
  for (const archive of await readdir(join(root, 'var/cache/apt/archives'))) {
    if (archive.endsWith('.deb')) await rm(join(root, 'var/cache/apt/archives', archive))
  }
  await rm(join(root, 'var/lib/apt/lists'), { recursive: true })
  await writeFile(etc('machine-id'), '7c5a2e0f4d9b4b1c8a6f3e2d1c0b9a88\n')
  await writeFile(etc('hostname'), `${GUEST_NAME}\n`)
  await writeFile(etc('hosts'), `127.0.0.1 localhost\n::1 localhost ip6-localhost\n${GUEST_ADDRESS} ${GUEST_NAME}\n`)
  await writeFile(etc('fstab'), '/dev/vda / ext4 defaults,noatime 0 1\n')
  await rm(etc('resolv.conf'), { force: true })
  await writeFile(etc('resolv.conf'), `nameserver ${GATEWAY}\n`)
  await writeFile(etc('systemd/timesyncd.conf'), `[Time]\nNTP=${GATEWAY}\n`)
  const network = [
    ...['[Match]', `MACAddress=${GUEST_MAC}`, ''],
    ...['[Network]', `Address=${GUEST_ADDRESS}/${PREFIX_LENGTH}`, `Gateway=${GATEWAY}`],
    ...['LinkLocalAddressing=no', 'IPv6AcceptRA=no', ''],
  ]
  await mkdir(etc('systemd/network'), { recursive: true })
  await writeFile(etc('systemd/network/10-guest.network'), network.join('\n'))
  await inside(['systemctl', 'enable', 'systemd-networkd', 'systemd-timesyncd', 'qemu-guest-agent'])
  await inside(['systemctl', 'disable', 'systemd-networkd-wait-online', 'firewalld'])
  // Timers would disturb measurements.
  await inside(['systemctl', 'mask', 'apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer'])
  await inside(['systemctl', 'mask', 'e2scrub_all.timer', 'e2scrub_reap.service', 'fstrim.timer'])
}
