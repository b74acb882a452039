import { expect, test } from 'vitest'
import { bootSector, coreImage } from './boot-sector.ts'

test('the boot code is copied with the place of the core image; signature and partition table of the disk stay', () => {
  const first = Buffer.alloc(512, 0x11)
  const boot = Buffer.alloc(512, 0x22)
  const sector = bootSector(boot, first, 2048)
  expect(sector.readBigUInt64LE(0x5c)).toBe(2048n)
  expect(sector.subarray(0x66, 0x68).toString('hex')).toBe('9090')
  expect(sector.subarray(0, 0x5c).every((byte) => byte === 0x22)).toBe(true)
  expect(sector.subarray(440).every((byte) => byte === 0x11)).toBe(true)
  expect(first.every((byte) => byte === 0x11)).toBe(true)
})

test('the core image finds its remainder in the sector after its first one', () => {
  const core = Buffer.alloc(2048, 0x33)
  const placed = coreImage(core, 2048)
  expect(placed.readBigUInt64LE(500)).toBe(2049n)
  expect(placed.subarray(508).equals(core.subarray(508))).toBe(true)
})
