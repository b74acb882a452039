import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDirectory } from './bed.ts'
import { withLock } from './lock.ts'
import { unmountBelow } from './mounts.ts'
import { must } from './run.ts'

// systemd newer than 255 does not boot on cgroup v1: bookworm has 252.
const SUITE = 'bookworm'
/** The packages of a minimal server, without those that the bundle contains (no runc, no containerd). */
const PACKAGES = [
  ...['systemd', 'systemd-sysv', 'systemd-timesyncd', 'dbus', 'procps', 'kmod', 'mount', 'util-linux', 'netbase'],
  ...['hostname', 'iproute2', 'iptables', 'nftables', 'conntrack', 'ebtables', 'ethtool', 'socat', 'iputils-ping'],
  ...['ca-certificates', 'openssl', 'curl', 'less', 'libseccomp2', 'libstdc++6'],
]
/** Raise it when settle() changes. */
const SETTLED = 2

/** For nodes on hosts with cgroup v1: nspawn mounts the controllers read-only, and the kubelet must write to them. */
const WRITABLE_CGROUPS = `[Unit]
Description=Controllers of cgroup v1 writable
ConditionPathIsMountPoint=/sys/fs/cgroup/systemd
DefaultDependencies=no
Before=sysinit.target

[Service]
Type=oneshot
ExecStart=/bin/sh -c 'for d in /sys/fs/cgroup/*/; do mount -o remount,bind,rw "$d"; done'

[Install]
WantedBy=sysinit.target
`

/** systemd-networkd waits for udev if /sys is writable, as it is in a node, but a container has no udev. */
const NO_UDEV = '[Service]\nReadOnlyPaths=/sys\n'

/** The lower directory of every node's overlay. Built once (about 40 s), then cached. */
export async function baseRootfs(signal?: AbortSignal): Promise<string> {
  const key = createHash('sha256')
    .update(JSON.stringify([SUITE, PACKAGES, SETTLED]))
    .digest('hex')
    .slice(0, 12)
  const directory = join(cacheDirectory(), `rootfs-${SUITE}-${key}`)
  if (existsSync(directory)) return directory
  await mkdir(cacheDirectory(), { recursive: true })
  return withLock(`${directory}.lock`, signal, async () => {
    if (!existsSync(directory)) await build(directory, signal)
    return directory
  })
}

async function build(directory: string, signal?: AbortSignal): Promise<void> {
  const partial = `${directory}.partial`
  await remove(partial)
  try {
    const mirror = process.env.CANTRIP_DEBIAN_MIRROR
    const include = `--include=${PACKAGES.join(',')}`
    await must(['debootstrap', '--variant=minbase', include, SUITE, partial, ...(mirror ? [mirror] : [])], {
      ...(signal && { signal }),
      timeoutMs: 900_000,
    })
    await settle(partial)
    await rename(partial, directory)
  } catch (error) {
    await remove(partial)
    throw error
  }
}

/** debootstrap may leave /proc and /sys mounted when it is interrupted. */
async function remove(directory: string): Promise<void> {
  await unmountBelow(directory)
  await rm(directory, { recursive: true, force: true })
}

async function settle(root: string): Promise<void> {
  const inside = (argv: string[]) => must(['chroot', root, ...argv])
  for (const archive of await readdir(join(root, 'var/cache/apt/archives'))) {
    if (archive.endsWith('.deb')) await rm(join(root, 'var/cache/apt/archives', archive))
  }
  await rm(join(root, 'var/lib/apt/lists'), { recursive: true })
  await writeFile(join(root, 'etc/machine-id'), '')
  const units = join(root, 'etc/systemd/system')
  await writeFile(join(units, 'testbed-cgroups.service'), WRITABLE_CGROUPS)
  await mkdir(join(units, 'systemd-networkd.service.d'), { recursive: true })
  await writeFile(join(units, 'systemd-networkd.service.d/testbed.conf'), NO_UDEV)
  await inside(['systemctl', 'enable', 'systemd-networkd', 'testbed-cgroups'])
  await inside(['systemctl', 'disable', 'systemd-networkd-wait-online'])
  // Timers would disturb measurements.
  await inside(['systemctl', 'mask', 'apt-daily.timer', 'apt-daily-upgrade.timer', 'dpkg-db-backup.timer'])
  await inside(['systemctl', 'mask', 'e2scrub_all.timer', 'fstrim.timer', 'console-getty.service'])
}
