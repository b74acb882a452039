import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ARCH, type Arch } from '../../arch.ts'
import type { Part } from '../../make/cache.ts'
import { runTool } from '../../make/command.ts'
import type { BaseSystem } from '../../make/libraries.ts'

/** Debian packages with the programs and libraries of images, and with the library that runc is linked against. */
const PACKAGES = [
  'iptables',
  'nftables',
  'conntrack',
  'kmod',
  'iproute2',
  'dash',
  'coreutils',
  'libc6',
  'libstdc++6',
  'libgcc-s1',
  'libseccomp-dev',
]

/** These packages and the libraries that they depend on, from the release of the build host, unpacked and not installed. */
export async function baseSystemPart(arch: Arch): Promise<Part> {
  return {
    name: `base-system-${await release()}-${arch}`,
    recipe: PACKAGES,
    seconds: 8,
    async make(directory) {
      const packages = await withLibraries(arch)
      const archives = join(directory, '.archives')
      await mkdir(archives)
      await runTool(['apt-get', '-qq', '-o', 'APT::Sandbox::User=root', 'download', ...packages], { cwd: archives })
      for (const name of await readdir(archives)) await runTool(['dpkg', '-x', join(archives, name), directory])
      await rm(archives, { recursive: true })
    },
  }
}

/** The environment in which cgo finds the base system's libseccomp. */
export function cgoEnvironment({ root, arch }: BaseSystem): Record<string, string> {
  return {
    PKG_CONFIG_SYSROOT_DIR: root,
    PKG_CONFIG_LIBDIR: join(root, 'usr/lib', ARCH[arch].triplet, 'pkgconfig'),
  }
}

async function withLibraries(arch: Arch): Promise<string[]> {
  const text = await runTool([
    'apt-cache',
    'depends',
    '--recurse',
    ...['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map((kind) => `--no-${kind}`),
    ...PACKAGES,
  ])
  const found = text.split('\n').filter((line) => /^(lib|zlib)[a-z0-9.+-]+$/.test(line))
  return [...new Set([...PACKAGES, ...found])].map((name) => `${name}:${ARCH[arch].debian}`)
}

async function release(): Promise<string> {
  const text = await readFile('/etc/os-release', 'utf8')
  return /^VERSION_CODENAME=(\w+)$/m.exec(text)?.[1] ?? 'unknown'
}
