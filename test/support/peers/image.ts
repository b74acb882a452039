import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { imageArchive } from '../../../src/bundle/make/image.ts'

/** The archive of an image with a layer of about so many bytes. */
export async function imageOf(name: string, bytes: number): Promise<Buffer> {
  const text = randomBytes(bytes).toString('latin1')
  const layer = new Map([['/data', { text }]])
  return buffer((await imageArchive({ name, arch: process.arch === 'arm64' ? 'arm64' : 'x64', layer })).bytes())
}

/** Writes the blobs of an archive by their SHA-256, as an import does. */
export function putBlobs(archive: Buffer, directory: string): { sha256: string; size: number }[] {
  const found: { sha256: string; size: number }[] = []
  for (let at = 0; at + 512 <= archive.length; ) {
    const text = (from: number, to: number) => archive.toString('latin1', at + from, at + to).replace(/\0.*$/s, '')
    const size = Number.parseInt(text(124, 136) || '0', 8)
    const [, sha256] = /^blobs\/sha256\/([0-9a-f]{64})$/.exec(text(0, 100)) ?? []
    if (sha256 !== undefined && size > 0) {
      writeFileSync(join(directory, sha256), archive.subarray(at + 512, at + 512 + size))
      found.push({ sha256, size })
    }
    at += 512 * (1 + Math.ceil((Number.isNaN(size) ? 0 : size) / 512))
  }
  return found
}
