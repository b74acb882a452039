/** One record per line: the CRC-32 of the JSON as eight hex digits, a space, the JSON. */
import { crc32 } from 'node:zlib'
import type { Entry, Numbered } from './entry.ts'

const NEWLINE = 0x0a

export function encodeRecord(entry: Numbered): Buffer {
  const json = JSON.stringify(entry)
  return Buffer.from(`${checksum(json)} ${json}\n`)
}

export interface Decoded {
  entries: Numbered[]
  /** The valid lines, unchanged. */
  good: Buffer
  /** Lines with a wrong checksum or a sequence number out of order. */
  damaged: Buffer
  /** Bytes after the last newline, from a write that a power cut interrupted. */
  torn: Buffer
}

export function decodeRecords(bytes: Uint8Array): Decoded {
  const entries: Numbered[] = []
  const good: Uint8Array[] = []
  const damaged: Uint8Array[] = []
  let start = 0
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, start)) {
    const line = bytes.subarray(start, end + 1)
    start = end + 1
    const entry = decodeLine(line)
    const expected = (entries.at(-1)?.seq ?? 0) + 1
    if (entry === undefined || entry.seq < expected) {
      damaged.push(line)
      continue
    }
    entries.push(entry)
    good.push(line)
  }
  return {
    entries,
    good: Buffer.concat(good),
    damaged: Buffer.concat(damaged),
    torn: Buffer.from(bytes.subarray(start)),
  }
}

/** How many sequence numbers are missing between the records. */
export function missingRecords(entries: readonly Numbered[]): number {
  const last = entries.at(-1)?.seq ?? 0
  return last - entries.length
}

function decodeLine(line: Uint8Array): Numbered | undefined {
  const text = Buffer.from(line).toString()
  const json = text.slice(9, -1)
  if (text[8] !== ' ' || text.slice(0, 8) !== checksum(json)) return undefined
  return JSON.parse(json) as Numbered<Entry>
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(8, '0')
}
