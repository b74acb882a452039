import type { Arch } from '../../src/bundle/arch.ts'

/** A static executable of a few hundred bytes that prints a text. */
export function printingElf(text: string, arch: Arch): Buffer {
  const message = Buffer.from(`${text}\n`)
  const code = arch === 'arm64' ? arm64Code(message.length) : x64Code(message.length)
  const size = 64 + 56 + code.length + message.length
  const head = Buffer.alloc(64 + 56)
  head.write('\x7fELF\x02\x01\x01', 'latin1')
  head.writeUInt16LE(2, 16) // ET_EXEC
  head.writeUInt16LE(arch === 'arm64' ? 183 : 62, 18)
  head.writeUInt32LE(1, 20)
  head.writeBigUInt64LE(BASE + 120n, 24) // entry
  head.writeBigUInt64LE(64n, 32) // program headers
  head.writeUInt16LE(64, 52)
  head.writeUInt16LE(56, 54)
  head.writeUInt16LE(1, 56)
  head.writeUInt32LE(1, 64) // PT_LOAD
  head.writeUInt32LE(5, 68) // read, execute
  head.writeBigUInt64LE(BASE, 64 + 16)
  head.writeBigUInt64LE(BASE, 64 + 24)
  head.writeBigUInt64LE(BigInt(size), 64 + 32)
  head.writeBigUInt64LE(BigInt(size), 64 + 40)
  head.writeBigUInt64LE(0x1000n, 64 + 48)
  return Buffer.concat([head, code, message])
}

const BASE = 0x400000n

/** write(1, message, length); exit(0). The message follows the code. */
function x64Code(length: number): Buffer {
  const code = Buffer.from(
    [
      'b801000000', // mov eax, 1
      'bf01000000', // mov edi, 1
      '488d3500000000', // lea rsi, [rip + message]
      'ba00000000', // mov edx, length
      '0f05', // syscall
      'b83c000000', // mov eax, 60
      '31ff', // xor edi, edi
      '0f05', // syscall
    ].join(''),
    'hex',
  )
  code.writeInt32LE(code.length - 17, 13)
  code.writeUInt32LE(length, 18)
  return code
}

function arm64Code(length: number): Buffer {
  const words = [
    0xd2800020, // mov x0, #1
    0x100000e1, // adr x1, . + 28
    0xd2800002 | (length << 5), // mov x2, #length
    0xd2800808, // mov x8, #64
    0xd4000001, // svc #0
    0xd2800000, // mov x0, #0
    0xd2800ba8, // mov x8, #93
    0xd4000001, // svc #0
  ]
  const code = Buffer.alloc(words.length * 4)
  for (const [at, word] of words.entries()) code.writeUInt32LE(word >>> 0, at * 4)
  return code
}
