import { AgentError } from '../base/agent-error.ts'
import { command } from '../base/command.ts'
import { ARCH, type Arch } from '../bundle/arch.ts'
import type { Argv } from '../host/argv.ts'
import type { ImageFormat } from './description.ts'

/** Runs a program to its end, and throws an AgentError if it fails. */
export type Run = (argv: Argv) => Promise<string>

/** A file of a Debian package without which no image can be built. */
interface Needed {
  path: string
  package: string
  for: readonly ImageFormat[]
}

const ALL: readonly ImageFormat[] = ['raw', 'qcow2', 'ova']
const GRUB = '/usr/lib/grub'

/** The forms of GRUB by architecture. Only x64 has machines with a BIOS. */
export const GRUB_EFI = {
  x64: { format: 'x86_64-efi', package: 'grub-efi-amd64-bin', file: 'BOOTX64.EFI' },
  arm64: { format: 'arm64-efi', package: 'grub-efi-arm64-bin', file: 'BOOTAA64.EFI' },
} as const satisfies Record<Arch, object>
export const GRUB_BIOS = 'i386-pc'
export const grubDirectory = (format: string): string => `${GRUB}/${format}`

const program = (path: string, name: string, formats = ALL): Needed => ({ path, package: name, for: formats })

export function neededTools(arch: Arch): readonly Needed[] {
  const efi = GRUB_EFI[arch]
  return [
    program('/usr/bin/tar', 'tar'),
    program('/usr/bin/unshare', 'util-linux'),
    program('/usr/sbin/mke2fs', 'e2fsprogs'),
    program('/usr/sbin/sgdisk', 'gdisk'),
    program('/usr/bin/mformat', 'mtools'),
    program('/usr/bin/grub-mkimage', 'grub-common'),
    program(`${grubDirectory(efi.format)}/moddep.lst`, efi.package),
    ...(arch === 'x64' ? [program(`${grubDirectory(GRUB_BIOS)}/moddep.lst`, 'grub-pc-bin')] : []),
    program('/usr/bin/qemu-img', 'qemu-utils', ['qcow2', 'ova']),
  ]
}

/** Throws `image/tools`, which names all that is missing. */
export async function requireTools(
  arch: Arch,
  formats: readonly ImageFormat[],
  exists: (path: string) => Promise<boolean>,
): Promise<void> {
  const needed = neededTools(arch).filter((each) => each.for.some((format) => formats.includes(format)))
  const found = await Promise.all(needed.map(({ path }) => exists(path)))
  const missing = needed.filter((_, index) => !found[index])
  if (missing.length === 0) return
  throw new AgentError(
    'image/tools',
    `${missing.map(({ path }) => path).join(', ')} not found; needed to build an image for ${ARCH[arch].debian}`,
    { fix: command`sudo apt-get install -y ${missing.map((each) => each.package)}`, kind: 'invalid' },
  )
}
