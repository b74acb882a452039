import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { withFileErrors } from '../../host/linux/files/file-error.ts'

export interface Digest {
  size: number
  /** Lower-case hex. */
  sha256: string
}

export async function digestOf(bytes: AsyncIterable<Uint8Array>): Promise<Digest> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of bytes) {
    hash.update(chunk)
    size += chunk.length
  }
  return { size, sha256: hash.digest('hex') }
}

/** Writes a new file and returns its size and hash, in one pass over the bytes. */
export async function writeHashed(path: string, bytes: AsyncIterable<Uint8Array>): Promise<Digest> {
  const file = await open(path, 'wx', 0o644)
  try {
    return await digestOf(writing())
  } finally {
    await file.close()
  }
  async function* writing(): AsyncGenerator<Uint8Array> {
    for await (const chunk of bytes) {
      await withFileErrors(path, async () => {
        for (let done = 0; done < chunk.length; ) done += (await file.write(chunk, done)).bytesWritten
      })
      yield chunk
    }
  }
}
