import { type FileHandle, open } from 'node:fs/promises'

export interface Elf {
  /** e_machine: 62 is x86-64, 183 is AArch64. */
  machine: number
  /** The dynamic loader (PT_INTERP). */
  interpreter?: string
  /** Sonames of the libraries it loads (DT_NEEDED). */
  needed: string[]
}

interface Segment {
  type: number
  offset: number
  address: number
  size: number
}

const PT_LOAD = 1
const PT_DYNAMIC = 2
const PT_INTERP = 3
const DT_NEEDED = 1
const DT_STRTAB = 5
const DT_STRSZ = 10

/** Reads a 64-bit little-endian ELF file; undefined for any other file. */
export async function readElf(path: string): Promise<Elf | undefined> {
  const file = await open(path)
  try {
    const head = await readAt(file, 0, 64)
    if (head.length < 64 || head.toString('latin1', 0, 6) !== '\x7fELF\x02\x01') return undefined
    const segments = await readSegments(file, head)
    const interpreter = segments.find((segment) => segment.type === PT_INTERP)
    return {
      machine: head.readUInt16LE(18),
      needed: await readNeeded(file, segments),
      ...(interpreter ? { interpreter: text(await readAt(file, interpreter.offset, interpreter.size), 0) } : {}),
    }
  } finally {
    await file.close()
  }
}

async function readSegments(file: FileHandle, head: Buffer): Promise<Segment[]> {
  const entrySize = head.readUInt16LE(54)
  const count = head.readUInt16LE(56)
  const table = await readAt(file, Number(head.readBigUInt64LE(32)), entrySize * count)
  return Array.from({ length: count }, (_, index) => {
    const at = index * entrySize
    return {
      type: table.readUInt32LE(at),
      offset: Number(table.readBigUInt64LE(at + 8)),
      address: Number(table.readBigUInt64LE(at + 16)),
      size: Number(table.readBigUInt64LE(at + 32)),
    }
  })
}

async function readNeeded(file: FileHandle, segments: readonly Segment[]): Promise<string[]> {
  const dynamic = segments.find((segment) => segment.type === PT_DYNAMIC)
  if (!dynamic) return []
  const table = await readAt(file, dynamic.offset, dynamic.size)
  const entries = Array.from({ length: Math.floor(table.length / 16) }, (_, index) => ({
    tag: Number(table.readBigInt64LE(index * 16)),
    value: Number(table.readBigUInt64LE(index * 16 + 8)),
  }))
  const entryValue = (tag: number) => entries.find((entry) => entry.tag === tag)?.value ?? 0
  const address = entryValue(DT_STRTAB)
  const load = segments.find((s) => s.type === PT_LOAD && address >= s.address && address < s.address + s.size)
  if (!load) return []
  const strings = await readAt(file, load.offset + address - load.address, entryValue(DT_STRSZ))
  return entries.filter((entry) => entry.tag === DT_NEEDED).map((entry) => text(strings, entry.value))
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length)
  const { bytesRead } = await file.read(buffer, 0, length, position)
  return buffer.subarray(0, bytesRead)
}

function text(buffer: Buffer, at: number): string {
  return buffer.toString('utf8', at, buffer.indexOf(0, at))
}
