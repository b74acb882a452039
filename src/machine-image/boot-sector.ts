/*
 * The boot code of GRUB for a PC with a BIOS, as grub-bios-setup writes it to a disk. That program looks for the disk among the devices of
 * the machine on which it runs, so it does not work on a file. Offsets: include/grub/i386/pc/boot.h and kern/i386/pc/startup.S of GRUB.
 */

const SECTOR = 512
/** The boot code ends here; the signature of the disk and its partition table follow, and stay. */
const CODE_BYTES = 440
/** In boot.img: the first sector of the core image, and a jump that is for floppy disks. */
const KERNEL_SECTOR = 0x5c
const DRIVE_CHECK = 0x66
const NO_OPERATION = Buffer.from([0x90, 0x90])
/** In the first sector of the core image: the sector at which its remainder begins. */
const REMAINDER_SECTOR = SECTOR - 12

/** The first sector of a disk whose core image begins at sector `at`. */
export function bootSector(boot: Buffer, firstSector: Buffer, at: number): Buffer {
  if (boot.length !== SECTOR || firstSector.length !== SECTOR) throw new Error('a boot sector has 512 bytes')
  const sector = Buffer.from(firstSector)
  boot.copy(sector, 0, 0, CODE_BYTES)
  sector.writeBigUInt64LE(BigInt(at), KERNEL_SECTOR)
  NO_OPERATION.copy(sector, DRIVE_CHECK)
  return sector
}

/** The core image, as it lies at sector `at` and after. */
export function coreImage(core: Buffer, at: number): Buffer {
  const placed = Buffer.from(core)
  placed.writeBigUInt64LE(BigInt(at + 1), REMAINDER_SECTOR)
  return placed
}
