import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { pipeline } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { BadArchive } from '../../closure/archive.ts'
import { GZIP, ZSTD } from '../../closure/images-in.ts'
import { contentKind } from '../content-kind.ts'

const MAX_BYTES = 16 * 1024 ** 3
/** What is compressed may become so much, and this many times its size. Archives of programs become 3 to 10 times larger. */
const FREE_BYTES = 64 * 1024 ** 2
const MAX_RATIO = 200
const CHUNK_BYTES = 1024 * 1024

const DECODERS = { 'gzip data': createGunzip, 'zstd data': createZstdDecompress } as const

/** The bytes of an archive, decompressed if it is gzip or zstd. Throws BadArchive if they are too many. */
export async function* plainBytes(archive: string): AsyncGenerator<Buffer> {
  const decoder = DECODERS[(await contentKind(archive)) as keyof typeof DECODERS]
  const { size } = await stat(archive)
  const most = decoder === undefined ? MAX_BYTES : Math.min(MAX_BYTES, FREE_BYTES + MAX_RATIO * size)
  const file = createReadStream(archive, { highWaterMark: CHUNK_BYTES })
  const source = decoder === undefined ? file : pipeline(file, decoder({ chunkSize: CHUNK_BYTES }), () => undefined)
  let total = 0
  for await (const bytes of source as AsyncIterable<Buffer>) {
    if (total === 0 && [GZIP, ZSTD].some((magic) => bytes.subarray(0, magic.length).equals(magic))) {
      throw new BadArchive('is compressed twice; wanted a tar archive, plain, gzip or zstd')
    }
    total += bytes.length
    if (total > most) throw new BadArchive(`becomes more than ${Math.round(most / 2 ** 20)} MiB when it is read`)
    yield bytes
  }
}
