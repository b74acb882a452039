import { once } from 'node:events'
import { constants, createZstdDecompress, type ZstdDecompress } from 'node:zlib'
import { CHUNK_BYTES } from './files.ts'
import { type Part, PartFile } from './part-file.ts'

/** The memory that a decompressor may take: 8 MiB. A file that needs more counts as damaged. */
const MAX_WINDOW_LOG = 23
/** Each write to a decompressor is work for another thread: small ones cost more than they are worth. */
const FED_BYTES = 256 * 1024

/**
 * A partial download that arrives compressed with zstd. The bytes that arrived are in `<path>.zst.part`, so that a later process
 * can continue after them. Their content is written to `<path>.part` meanwhile.
 */
export class ZstdPart implements Part {
  readonly encoding = 'zstd'
  private readonly arrived: PartFile
  private readonly content: PartFile
  private readonly size: number
  private decoder: ZstdDecompress = newDecoder()
  private decoding: Promise<void>
  private feeding: Promise<void> = Promise.resolve()
  private waiting: Buffer[] = []
  private waitingBytes = 0

  private constructor(arrived: PartFile, content: PartFile, size: number) {
    this.arrived = arrived
    this.content = content
    this.size = size
    this.decoding = this.decode()
  }

  static nameOf(path: string): string {
    return `${path}.zst.part`
  }

  /** Continues the file of an earlier try. `size`: of the content; nothing after it is written. */
  static async open(path: string, size: number): Promise<ZstdPart> {
    const arrived = await PartFile.open(ZstdPart.nameOf(path))
    const content = await PartFile.open(PartFile.nameOf(path))
    await content.startAgain()
    const part = new ZstdPart(arrived, content, size)
    for await (const bytes of arrived.written()) await part.feed(bytes)
    return part
  }

  get length(): number {
    return this.arrived.length
  }

  get contentLength(): number {
    return this.content.length
  }

  add(piece: Buffer): Promise<void> | undefined {
    const full = this.arrived.add(piece)
    this.waiting.push(piece)
    this.waitingBytes += piece.length
    const isEnough = this.waitingBytes >= FED_BYTES
    if (full === undefined && !isEnough) return undefined
    return Promise.all([full, isEnough && this.feedWaiting()]).then(() => undefined)
  }

  flush(): Promise<void> {
    return this.arrived.flush()
  }

  async startAgain(): Promise<void> {
    await this.stopDecoding()
    await this.arrived.startAgain()
    await this.content.startAgain()
    this.decoder = newDecoder()
    this.decoding = this.decode()
  }

  /** Of the content. Bytes that cannot be decompressed have the content before them. Nothing can be added after it. */
  async sha256(): Promise<string> {
    await this.flush()
    await this.feedWaiting()
    await this.feeding
    this.decoder.end()
    await this.decoding
    return this.content.sha256()
  }

  async finish(path: string, mode: number): Promise<void> {
    await this.content.finish(path, mode)
    await this.arrived.discard()
  }

  async discard(): Promise<void> {
    await this.arrived.discard()
    await this.content.discard()
  }

  async close(): Promise<void> {
    await this.stopDecoding()
    await this.arrived.close()
    await this.content.close()
  }

  /** Waits for the bytes before these: others arrive while these are decompressed. */
  private feedWaiting(): Promise<void> {
    const before = this.feeding
    this.feeding = this.feed(Buffer.concat(this.waiting))
    this.feeding.catch(() => undefined)
    this.waiting = []
    this.waitingBytes = 0
    return before
  }

  /** After a failure of the decompressor, bytes have no effect. Rejects if the content cannot be written. */
  private async feed(bytes: Buffer): Promise<void> {
    if (bytes.length === 0 || this.decoder.destroyed || this.decoder.write(bytes)) return
    await Promise.race([once(this.decoder, 'drain').catch(() => undefined), this.decoding])
  }

  private decode(): Promise<void> {
    const decoding = writeAll(this.decoder, this.content, this.size)
    // The next await throws a failure; until then the rejection must not count as unhandled.
    decoding.catch(() => undefined)
    return decoding
  }

  private async stopDecoding(): Promise<void> {
    this.waiting = []
    this.waitingBytes = 0
    this.decoder.destroy()
    await this.decoding.catch(() => undefined)
    await this.feeding.catch(() => undefined)
  }
}

function newDecoder(): ZstdDecompress {
  const params = { [constants.ZSTD_d_windowLogMax]: MAX_WINDOW_LOG }
  return createZstdDecompress({ params, chunkSize: CHUNK_BYTES })
}

/** Ends without an error if the bytes are damaged: the hash of the content shows it. */
async function writeAll(decoder: ZstdDecompress, content: PartFile, size: number): Promise<void> {
  const chunks = decoder[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  for (;;) {
    const next = await chunks.next().catch(() => undefined)
    if (next === undefined || next.done) return
    const room = size - content.length
    try {
      await content.add(next.value.subarray(0, room))
    } catch (error) {
      decoder.destroy()
      throw error
    }
    if (next.value.length > room) {
      decoder.destroy()
      return
    }
  }
}
