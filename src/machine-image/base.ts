import { readdir, readFile, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { AgentError } from '../base/agent-error.ts'
import { command } from '../base/command.ts'
import { ARCH, ARCHS, type Arch } from '../bundle/arch.ts'
import { parseOsRelease } from '../host/parse/os-release.ts'

/** A root directory of Debian or Ubuntu from which an image is made. */
export interface Base {
  arch: Arch
  os: { id: string; version: string; title: string }
  /** Versions of installed Debian packages. */
  packages: Record<string, string>
  /** Paths in the tree. */
  kernel: string
  initrd: string
}

const KERNELS: Record<string, string> = { debian: 'linux-image-$arch', ubuntu: 'linux-image-virtual' }

/** Throws `image/base` unless the tree is one that boots, gets its first configuration from cloud-init, and grows to its disk. */
export async function readBase(tree: string): Promise<Base> {
  const osRelease = parseOsRelease(await text(tree, 'etc/os-release'))
  const { ID: id = '', VERSION_ID: version = '', PRETTY_NAME: title = id } = osRelease
  const kernelPackage = KERNELS[id]
  const status = parsePackages(await text(tree, 'var/lib/dpkg/status'))
  const arch = ARCHS.find((each) => ARCH[each].debian === status.arch)
  if (kernelPackage === undefined || arch === undefined)
    throw new AgentError(
      'image/base',
      `found ${title || 'no etc/os-release'} for ${status.arch || 'no architecture'} in the base; wanted Debian or Ubuntu for amd64 or arm64`,
      { fix: 'pass a root directory that debootstrap made, or a tar archive of one', kind: 'invalid' },
    )
  const [kernel, initrd] = await Promise.all([bootFile(tree, 'vmlinuz'), bootFile(tree, 'initrd.img')])
  const missing = [
    ...(kernel === undefined ? [kernelPackage.replace('$arch', ARCH[arch].debian)] : []),
    ...(initrd === undefined ? ['initramfs-tools'] : []),
    ...['systemd-sysv', 'cloud-init', 'cloud-guest-utils', 'e2fsprogs'].filter((name) => !(name in status.packages)),
  ]
  if (kernel === undefined || initrd === undefined || missing.length > 0)
    throw new AgentError(
      'image/base',
      `the base lacks ${missing.join(', ')}, without which no machine starts from it`,
      {
        fix: `install it there: ${command`sudo chroot TREE apt-get install -y ${missing}`}; or make the base with ${command`debootstrap --include=${missing.join(',')}`}`,
        kind: 'invalid',
      },
    )
  return { arch, os: { id, version, title }, packages: status.packages, kernel, initrd }
}

async function text(tree: string, path: string): Promise<string> {
  return readFile(join(tree, path), 'utf8').catch(() => '')
}

/** Installed packages by name, and the architecture of dpkg itself. */
export function parsePackages(status: string): { arch: string; packages: Record<string, string> } {
  const packages: Record<string, string> = {}
  let arch = ''
  for (const paragraph of status.split('\n\n')) {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(paragraph)?.[1]
    const name = field('Package')
    if (name === undefined || field('Status') !== 'install ok installed') continue
    packages[name] = field('Version') ?? ''
    if (name === 'dpkg') arch = field('Architecture') ?? ''
  }
  return { arch, packages }
}

/** The link that the distribution moves to a new kernel, /vmlinuz or /boot/vmlinuz, or the newest file. */
async function bootFile(tree: string, name: string): Promise<string | undefined> {
  for (const link of [name, `boot/${name}`]) {
    const file = await realpath(join(tree, link)).catch(() => undefined)
    if (file?.startsWith(`${tree}/`)) return `/${link}`
  }
  const all = (await readdir(join(tree, 'boot')).catch(() => [])).filter((file) => file.startsWith(`${name}-`))
  const newest = all.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1)
  return newest === undefined ? undefined : `/boot/${newest}`
}
