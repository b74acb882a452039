// Disks and their formats, from a tree of a few MB, as other programs read them. That they boot is shown on the emulated machine (test/vm).
import { randomUUID } from 'node:crypto'
import { mkdir, mkdtemp, readFile, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { execute } from '../../src/host/linux/commands.ts'
import { ROOT_OFFSET, rootBytes, writeDisk } from '../../src/machine-image/disk.ts'
import { sha256Of, WRITE } from '../../src/machine-image/formats.ts'
import type { Run } from '../../src/machine-image/tools.ts'
import { prepareTree } from '../../src/machine-image/tree.ts'
import { pythonPrograms } from '../support/python.ts'
import { must } from '../support/testbed/run.ts'

const SUPPORT = join(import.meta.dirname, '../support/machine-image')
const MIB = 2 ** 20
const BYTES = 256 * MIB
const NAME = 'cantrip-node-v0.1.0-debian12-x64'
const root = randomUUID()
const run: Run = async (argv) => (await execute(argv)).stdout

let directory: string
let disk: string
const at = (file: string) => join(directory, file)
const appliance = {
  os: { id: 'debian', title: 'Debian GNU/Linux 12 & <more>' },
  version: '0.1.0',
  cpus: 4,
  memoryMib: 8192,
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'machine-image-'))
  const tree = at('tree')
  for (const each of ['boot', 'etc', 'usr/bin', 'proc']) await mkdir(join(tree, each), { recursive: true })
  await writeFile(join(tree, 'boot/vmlinuz-6.1'), Buffer.alloc(2 * MIB, 7))
  await writeFile(join(tree, 'boot/initrd.img-6.1'), 'initrd')
  await symlink('boot/vmlinuz-6.1', join(tree, 'vmlinuz'))
  await writeFile(join(tree, 'usr/bin/ping'), 'ping', { mode: 0o755 })
  await prepareTree(tree, { root, title: "Debian 'x'", kernel: '/vmlinuz', initrd: '/boot/initrd.img-6.1' })
  disk = at('disk.raw')
  await writeDisk(disk, { arch: 'x64', bytes: BYTES, root, tree, scratch: directory, run })
})
afterAll(() => rm(directory, { recursive: true, force: true }))

/** What debugfs prints about the root file system. */
const debugfs = (request: string) => must(['debugfs', '-R', request, `${disk}?offset=${ROOT_OFFSET}`])

test('the partition table is valid: for a BIOS, for UEFI, and last the root file system, which can grow', async () => {
  expect(await must(['sgdisk', '--verify', disk])).toContain('No problems found')
  const table = await must(['sgdisk', '--print', disk])
  expect([...table.matchAll(/^ +(\d) +\d+ +\d+ +\S+ \S+ +(\S+) +(\w+)$/gm)].map((match) => match.slice(1))).toEqual([
    ['1', 'EF02', 'bios'],
    ['2', 'EF00', 'esp'],
    ['3', '8304', 'root'],
  ])
})

test('the root file system has no errors, and the files that boot it', async () => {
  const part = at('root.img')
  await must(['dd', `if=${disk}`, `of=${part}`, 'bs=1M', `skip=${ROOT_OFFSET / MIB}`, 'conv=sparse', 'status=none'])
  await truncate(part, rootBytes(BYTES))
  await must(['e2fsck', '-f', '-n', part])
  expect(await must(['blkid', '-o', 'export', part])).toContain(`UUID=${root}\n`)
  const menu = await debugfs('cat /boot/grub/grub.cfg')
  expect(menu).toContain(`linux /vmlinuz root=UUID=${root} ro console=tty0 console=ttyS0,115200\n`)
  expect(menu).toContain("menuentry 'Debian x' {")
  expect(await debugfs('cat /etc/fstab')).toBe(`UUID=${root} / ext4 errors=remount-ro 0 1\n`)
})

test('the boot loader for UEFI is where firmware looks, and names the root file system', async () => {
  await must(['mcopy', '-i', `${disk}@@2M`, '::/EFI/BOOT/BOOTX64.EFI', at('efi')])
  const loader = await readFile(at('efi'))
  expect(loader.toString('latin1', 0, 2)).toBe('MZ')
  expect(loader.includes(root)).toBe(true)
})

test('qcow2 has no errors and the same content', async () => {
  const file = at(await WRITE.qcow2({ disk, directory, name: NAME, appliance, run }))
  expect(await must(['qemu-img', 'check', file])).toContain('No errors were found')
  const info = JSON.parse(await must(['qemu-img', 'info', '--output=json', file]))
  expect(info).toMatchObject({ format: 'qcow2', 'virtual-size': BYTES })
  await must(['qemu-img', 'compare', '-f', 'raw', '-F', 'qcow2', disk, file])
})

test('an OVA has its parts in order, with correct sums; the disk is stream-optimized', async () => {
  const file = at(await WRITE.ova({ disk, directory, name: NAME, appliance, run }))
  const parts = [`${NAME}.ovf`, `${NAME}.mf`, `${NAME}-disk1.vmdk`]
  expect((await must(['tar', '-tf', file])).trim().split('\n')).toEqual(parts)
  expect((await readFile(file)).toString('latin1', 257, 262)).toBe('ustar')
  const unpacked = at('unpacked')
  await mkdir(unpacked)
  await must(['tar', '-xf', file, '-C', unpacked])
  const manifest = await readFile(join(unpacked, `${NAME}.mf`), 'utf8')
  const lines = await Promise.all(
    [`${NAME}.ovf`, `${NAME}-disk1.vmdk`].map(
      async (part) => `SHA256(${part})= ${await sha256Of(join(unpacked, part))}\n`,
    ),
  )
  expect(manifest).toBe(lines.join(''))
  const vmdk = join(unpacked, `${NAME}-disk1.vmdk`)
  const info = JSON.parse(await must(['qemu-img', 'info', '--output=json', vmdk]))
  expect(info).toMatchObject({
    'virtual-size': BYTES,
    'format-specific': { data: { 'create-type': 'streamOptimized' } },
  })
  await must(['qemu-img', 'compare', '-f', 'raw', '-F', 'vmdk', disk, vmdk])
  await must(['xmllint', '--noout', '--schema', join(SUPPORT, 'ovf.xsd'), join(unpacked, `${NAME}.ovf`)])
  expect((await stat(vmdk)).size).toBeLessThan(16 * MIB)
})

test('the schema refuses a description with an element in the wrong place, and one without its disk', async () => {
  const ovf = await readFile(at(`unpacked/${NAME}.ovf`), 'utf8')
  const wrong = [
    ovf.replace(/( *<rasd:ElementName>.*\n)( *<rasd:InstanceID>.*\n)/, '$2$1'),
    ovf.replace(/ovf:diskId="disk1" /, ''),
    ovf.replace(/<DiskSection>/, '<DisksSection>').replace(/<\/DiskSection>/, '</DisksSection>'),
  ]
  for (const [index, text] of wrong.entries()) {
    expect(text).not.toBe(ovf)
    await writeFile(at(`wrong-${index}.ovf`), text)
    await expect(
      must(['xmllint', '--noout', '--schema', join(SUPPORT, 'ovf.xsd'), at(`wrong-${index}.ovf`)]),
    ).rejects.toThrow(/fails to validate/)
  }
})

test('another program reads the same machine from the OVA', async () => {
  const programs = await pythonPrograms('cot', join(SUPPORT, 'requirements.txt'))
  const read = await must([join(programs, 'cot'), 'info', '--verbose', at(`${NAME}.ova`)], {
    env: { PATH: process.env.PATH ?? '', HOME: directory },
  })
  expect(read).toMatch(/None \(default\) +4 +8 GiB +1 +0 +1 \/ +256 MiB/)
  expect(read).toMatch(/harddisk @ SCSI 0:0/)
  expect(read).toMatch(/<user-data>/)
}, 180_000)
