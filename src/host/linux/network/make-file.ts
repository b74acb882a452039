import { open, unlink } from 'node:fs/promises'
import type { Download } from '../../host.ts'
import { ifExists, withFileErrors } from '../files/file-error.ts'
import { CHUNK_BYTES } from '../files/files.ts'
import { PartFile } from '../files/part-file.ts'
import { ZstdPart } from '../files/zstd-part.ts'

/** Makes a file of others, and zeros after them, where a download would make it. False, and no file, if the sum is wrong then. */
export async function isMade(
  { path, size, sha256, mode, signal, onProgress }: Download,
  files: readonly string[],
): Promise<boolean> {
  const part = await PartFile.open(PartFile.nameOf(path))
  try {
    // What is there may be of a process that was killed, or of a download.
    await part.startAgain()
    for await (const bytes of contentOf(files, size)) {
      signal?.throwIfAborted()
      await part.add(bytes)
      onProgress?.(part.contentLength)
    }
    if ((await part.sha256()) !== sha256) {
      await part.discard()
      return false
    }
    await part.finish(path, mode ?? 0o644)
    const other = ZstdPart.nameOf(path)
    await withFileErrors(other, () => ifExists(unlink(other)))
    return true
  } finally {
    await part.close()
  }
}

/** Exactly so many bytes. A file that is gone has none. */
async function* contentOf(files: readonly string[], size: number): AsyncGenerator<Buffer> {
  let left = size
  for (const path of files) {
    const file = await withFileErrors(path, () => ifExists(open(path)))
    const stream = file?.createReadStream({ highWaterMark: CHUNK_BYTES }) ?? []
    for await (const bytes of stream as AsyncIterable<Buffer>) {
      yield bytes.subarray(0, left)
      left -= bytes.length
      if (left <= 0) return
    }
  }
  const zeros = Buffer.alloc(Math.min(left, CHUNK_BYTES))
  for (; left > 0; left -= zeros.length) yield zeros.subarray(0, left)
}
