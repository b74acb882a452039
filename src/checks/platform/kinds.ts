import { CONTAINERD } from '../../base/kubernetes-paths.ts'
import { readMounts } from '../../host/files/read-mounts.ts'
import type { HostView } from '../../host/host.ts'
import { ifReadable } from '../../host/kernel/processes.ts'
import { isReadOnly, mountOf, parseMountinfo } from '../../host/parse/mountinfo.ts'
import { parseOsRelease } from '../../host/parse/os-release.ts'
import { isUnitActive } from '../../host/units/is-unit-active.ts'

/** Detects an unusual kind of machine, and says what that means for Kubernetes. Undefined if the machine is not of this kind. */
export type UnusualKind = (host: HostView) => Promise<{ found: string; fix: string } | undefined>

const exists = async (host: HostView, path: string) => (await host.stat(path)) !== undefined

export const wsl: UnusualKind = async (host) => {
  const release = (await host.read('/proc/sys/kernel/osrelease')) ?? ''
  if (!/microsoft/i.test(release)) return undefined
  return {
    found: 'Windows Subsystem for Linux, which stops with the session and gets a new address at each start',
    fix: 'for a test, set systemd=true under [boot] in /etc/wsl.conf, then run wsl --shutdown; otherwise use a physical or virtual machine',
  }
}

export const container: UnusualKind = async (host) => {
  const name = await containerName(host)
  if (name === undefined) return undefined
  return {
    found: `a container (${name}), which shares kernel, clock and disk with its host`,
    fix: `give it all capabilities, devices and writable control groups, and a real directory for ${CONTAINERD.root}; or use the host`,
  }
}

/** PROC_PID_INIT_INO of the kernel: the PID namespace of the host itself. */
const OF_THE_MACHINE = 'pid:[4026531836]'

/**
 * systemd writes the name to a file; other engines leave a file or an environment variable of process 1. A machine whose
 * disk was created from a container image can have that file, too.
 */
async function containerName(host: HostView): Promise<string | undefined> {
  if ((await host.readLink('/proc/self/ns/pid')) === OF_THE_MACHINE) return undefined
  const [recorded, environment] = await Promise.all([
    host.read('/run/systemd/container'),
    ifReadable(() => host.read('/proc/1/environ')),
  ])
  const name = recorded?.trim() || /(?:^|\0)container=([^\0]+)/.exec(environment ?? '')?.[1]
  if (name !== undefined) return name === 'wsl' ? undefined : name
  if (await exists(host, '/run/.containerenv')) return 'podman'
  return (await exists(host, '/.dockerenv')) ? 'docker' : undefined
}

export const changedRoot: UnusualKind = async (host) => {
  const mountinfo = await host.read('/proc/self/mountinfo')
  if (mountinfo === undefined || parseMountinfo(mountinfo).some((mount) => mount.mountPoint === '/')) return undefined
  return { found: 'a chroot: units and mounts belong to another system', fix: 'leave the chroot: exit' }
}

export const readOnlyRoot: UnusualKind = async (host) => {
  const root = mountOf('/', await readMounts(host))
  if (root === undefined || !isReadOnly(root)) return undefined
  return { found: `a root that is read-only (${root.fileSystem})`, fix: 'mount -o remount,rw /' }
}

const IMMUTABLE_IDS = ['flatcar', 'bottlerocket', 'ubuntu-core', 'nixos', 'opensuse-microos', 'sle-micro', 'sl-micro']

export const immutable: UnusualKind = async (host) => {
  const os = parseOsRelease((await host.read('/etc/os-release')) ?? (await host.read('/usr/lib/os-release')) ?? '')
  if (!IMMUTABLE_IDS.includes(os.ID ?? '') && !(await exists(host, '/run/ostree-booted'))) return undefined
  const name = os.PRETTY_NAME ?? os.ID ?? 'an immutable distribution'
  return {
    found: `${name}: programs are installed in ${host.layout.binaries}, and an update reboots the machine`,
    fix: 'let updates reboot one machine at a time',
  }
}

const REBOOTER = ['/usr/lib', '/etc'].map((directory) => `${directory}/systemd/system/locksmithd.service`)
const UPDATE_SETTINGS = '/etc/flatcar/update.conf'

/** locksmithd(8) of Flatcar: with any other strategy it reboots as soon as an update is installed, and drains nothing. */
export const selfRebooting: UnusualKind = async (host) => {
  const units = await Promise.all(REBOOTER.map((path) => host.stat(path)))
  if (units.every((unit) => unit === undefined)) return undefined
  const strategy = /^\s*REBOOT_STRATEGY=["']?([-a-z]+)/m.exec((await host.read(UPDATE_SETTINGS)) ?? '')?.[1]
  if (strategy === 'off' || !(await isUnitActive(host, 'locksmithd.service'))) return undefined
  return {
    found: `locksmithd reboots this machine after each update of the system (REBOOT_STRATEGY=${strategy ?? 'reboot'}), at any time`,
    fix: `write REBOOT_STRATEGY=off into ${UPDATE_SETTINGS} and run: systemctl restart locksmithd; then reboot one machine at a time`,
  }
}

const GLIBC = ['/lib64/ld-linux-x86-64.so.2', '/lib/ld-linux-aarch64.so.1']

export const musl: UnusualKind = async (host) => {
  const loaders = ((await host.list('/lib')) ?? []).filter((name) => name.startsWith('ld-musl-'))
  const hasGlibc = (await Promise.all(GLIBC.map((path) => exists(host, path)))).includes(true)
  if (loaders.length === 0 || hasGlibc) return undefined
  return { found: 'musl as C library', fix: 'use a distribution with glibc: Debian, Ubuntu, Rocky Linux …' }
}
