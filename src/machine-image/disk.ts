import { open, readFile, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Arch } from '../bundle/arch.ts'
import { embeddedConfiguration } from './boot-files.ts'
import { bootSector, coreImage } from './boot-sector.ts'
import type { Run } from './tools.ts'
import { GRUB_BIOS, GRUB_EFI, grubDirectory } from './tools.ts'

const SECTOR = 512
const MIB = 2 ** 20
/** The size of the ESP, and what comes before and after the root partition. */
const ESP_MIB = 64
const BIOS_AT = MIB / SECTOR
const ESP_AT = BIOS_AT + MIB / SECTOR
const ROOT_AT = ESP_AT + (ESP_MIB * MIB) / SECTOR
const END_BYTES = MIB

/** The byte at which the root file system begins. */
export const ROOT_OFFSET = ROOT_AT * SECTOR
export const rootBytes = (diskBytes: number): number => diskBytes - ROOT_OFFSET - END_BYTES

const ROOT_TYPES: Record<Arch, string> = { x64: '8304', arm64: '8305' }
/** Of GRUB: what finds, reads and starts a kernel on an ext4 file system of a GPT disk. */
const MODULES = 'part_gpt ext2 search search_fs_uuid normal configfile linux echo test gzio'.split(' ')

export interface DiskOptions {
  arch: Arch
  bytes: number
  /** UUID of the root file system. */
  root: string
  tree: string
  /** For temporary files. */
  scratch: string
  run: Run
}

/**
 * Writes a disk that boots by UEFI, and on x64 by BIOS: boot loaders in partitions of their own, and the tree as the last one, which can
 * grow. Needs neither loop devices nor mounts. Secure Boot does not accept the boot loader.
 */
export async function writeDisk(file: string, options: DiskOptions): Promise<void> {
  const { arch, bytes, root, tree, run } = options
  await writeFile(file, '')
  await truncate(file, bytes)
  const end = (ROOT_OFFSET + rootBytes(bytes)) / SECTOR - 1
  await run([
    'sgdisk',
    '--clear',
    ...[`--new=1:${BIOS_AT}:${ESP_AT - 1}`, '--typecode=1:EF02', '--change-name=1:bios'],
    ...[`--new=2:${ESP_AT}:${ROOT_AT - 1}`, '--typecode=2:EF00', '--change-name=2:esp'],
    ...[`--new=3:${ROOT_AT}:${end}`, `--typecode=3:${ROOT_TYPES[arch]}`, '--change-name=3:root'],
    file,
  ])
  // GRUB 2.06 reads no ext4 with a seed for its checksums.
  const format = ['-q', '-t', 'ext4', '-L', 'cantrip-root', '-U', root, '-O', '^metadata_csum_seed', '-m', '1']
  const place = ['-E', `offset=${ROOT_OFFSET},lazy_itable_init=0,lazy_journal_init=0`]
  await run(['mke2fs', ...format, ...place, '-d', tree, file, `${rootBytes(bytes) / 1024}k`])
  const embedded = join(options.scratch, 'embedded.cfg')
  await writeFile(embedded, embeddedConfiguration({ root }))
  await addEfiLoader(file, embedded, options)
  if (arch === 'x64') await addBiosLoader(file, embedded, options)
}

/** GRUB as one file, with its modules and the configuration that finds the root file system. */
async function grub(form: string, modules: readonly string[], embedded: string, { scratch, run }: DiskOptions) {
  const file = join(scratch, `grub-${form}`)
  const own = ['--config', embedded, '--prefix', '/boot/grub', '--directory', grubDirectory(form)]
  await run(['grub-mkimage', '--format', form, '--output', file, ...own, ...MODULES, ...modules])
  return file
}

/** In the place where firmware looks if it remembers no other one. */
async function addEfiLoader(file: string, embedded: string, options: DiskOptions): Promise<void> {
  const { format, file: name } = GRUB_EFI[options.arch]
  const loader = await grub(format, [], embedded, options)
  const place = ['-i', `${file}@@${ESP_AT * SECTOR}`]
  const sectors = String((ESP_MIB * MIB) / SECTOR)
  await options.run(['mformat', ...place, '-F', '-c', '1', '-T', sectors, '-h', '255', '-s', '63', '-v', 'ESP', '::'])
  await options.run(['mmd', ...place, '::/EFI', '::/EFI/BOOT'])
  await options.run(['mcopy', ...place, loader, `::/EFI/BOOT/${name}`])
}

async function addBiosLoader(file: string, embedded: string, options: DiskOptions): Promise<void> {
  const core = await readFile(await grub(GRUB_BIOS, ['biosdisk'], embedded, options))
  const boot = await readFile(join(grubDirectory(GRUB_BIOS), 'boot.img'))
  if (core.length > (ESP_AT - BIOS_AT) * SECTOR) throw new Error(`${core.length} bytes do not fit into the partition`)
  const disk = await open(file, 'r+')
  try {
    const first = Buffer.alloc(SECTOR)
    await disk.read(first, 0, SECTOR, 0)
    await disk.write(bootSector(boot, first, BIOS_AT), 0, SECTOR, 0)
    await disk.write(coreImage(core, BIOS_AT), 0, core.length, BIOS_AT * SECTOR)
  } finally {
    await disk.close()
  }
}
