import { expect, test } from 'vitest'
import { mutate } from '../../../test/support/mutate.ts'
import { seededRandom } from '../../../test/support/random.ts'
import { headerBytes, PACKET_BYTES, type Packet, readPacket, writePacket } from './packet.ts'

const packet: Packet = {
  kind: 'reply',
  check: 'p-abcdefghij',
  sequence: 7,
  receivedAtMs: 1.5e12,
  sentAtMs: 1.5e12 + 0.25,
}

test('reads what it wrote, at any length', () => {
  expect(readPacket(writePacket(packet))).toEqual(packet)
  expect(writePacket(packet)).toHaveLength(PACKET_BYTES)
  const long = writePacket({ ...packet, kind: 'size' }, 1_472)
  expect(long).toHaveLength(1_472)
  expect(readPacket(long)).toEqual({ ...packet, kind: 'size' })
  // With the IPv4 and UDP headers it fills an Ethernet frame.
  expect(long.length + headerBytes('10.0.0.1')).toBe(1_500)
  expect(headerBytes('fd00::1')).toBe(48)
})

test('is a VXLAN packet with the highest VNI and an experimental frame type', () => {
  const bytes = writePacket(packet)
  expect(bytes.readUInt8(0)).toBe(0x08)
  expect(bytes.readUIntBE(4, 3)).toBe(0xffffff)
  expect(bytes.readUInt16BE(20)).toBe(0x88b5)
})

test('reads or ignores any input, and never answers with a longer packet', () => {
  const random = seededRandom(1)
  const originals = [writePacket(packet), writePacket({ ...packet, kind: 'ping' }, 200)]
  let read = 0
  for (let i = 0; i < 20_000; i++) {
    const bytes = mutate(originals, random)
    const found = readPacket(bytes)
    if (!found) continue
    read += 1
    expect(writePacket({ ...found, kind: 'reply' }).length).toBeLessThanOrEqual(bytes.length)
  }
  expect(read).toBeGreaterThan(1_000)
})

test.each([
  ['nothing', Buffer.alloc(0)],
  ['half a packet', writePacket(packet).subarray(0, 40)],
  ['another VXLAN packet', Buffer.alloc(100, 8)],
  ['an unknown kind', writePacket(packet).fill(9, 30, 31)],
])('ignores %s', (_, bytes) => {
  expect(readPacket(bytes)).toBeUndefined()
})
