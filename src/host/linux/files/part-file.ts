import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open, rename, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path/posix'
import { syncDirectory } from './durable-files.ts'
import { ifExists, withFileErrors } from './file-error.ts'
import { CHUNK_BYTES } from './files.ts'

/** A download that is not complete, and has not its final name. */
export interface Part {
  /** How its bytes arrive. */
  readonly encoding: 'identity' | 'zstd'
  /** Bytes that arrived so far, including those that are not written yet. */
  readonly length: number
  /** Bytes of the file itself that are there. */
  readonly contentLength: number
  /** Undefined if the piece was only collected; otherwise await it before the next piece. */
  add(piece: Buffer): Promise<void> | undefined
  /** Writes the collected bytes. */
  flush(): Promise<void>
  startAgain(): Promise<void>
  /** Of the content. */
  sha256(): Promise<string>
  /** Renames it to its final path, durably. */
  finish(path: string, mode: number): Promise<void>
  discard(): Promise<void>
  close(): Promise<void>
}

/**
 * A partial download next to its final path, hashed as it grows. Pieces are collected in one block while the previous block
 * is written. Two blocks are reused in turn, because allocating memory costs more than copying.
 */
export class PartFile implements Part {
  readonly encoding = 'identity'
  private readonly file: FileHandle
  private readonly path: string
  private hash: Hash = createHash('sha256')
  private block = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  private other = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  private gathered = 0
  private writtenBytes = 0
  private writing: Promise<unknown> = Promise.resolve()

  private constructor(file: FileHandle, path: string) {
    this.file = file
    this.path = path
  }

  static nameOf(path: string): string {
    return `${path}.part`
  }

  /** Continues the file of an earlier try, which it reads for the checksum. */
  static async open(path: string): Promise<PartFile> {
    return withFileErrors(path, async () => {
      const there = await ifExists(stat(path))
      const part = new PartFile(await open(path, there === undefined ? 'wx+' : 'r+', 0o600), path)
      for (;;) {
        const { bytesRead } = await part.file.read(part.block, 0, CHUNK_BYTES, part.writtenBytes)
        if (bytesRead === 0) return part
        part.hash.update(part.block.subarray(0, bytesRead))
        part.writtenBytes += bytesRead
      }
    })
  }

  get length(): number {
    return this.writtenBytes + this.gathered
  }

  get contentLength(): number {
    return this.length
  }

  /** The bytes that an earlier try wrote. Call it before others are added. */
  async *written(): AsyncGenerator<Buffer> {
    for (let at = 0; at < this.writtenBytes; ) {
      const { buffer, bytesRead } = await this.file.read(Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, at)
      if (bytesRead === 0) return
      at += bytesRead
      yield buffer.subarray(0, bytesRead)
    }
  }

  add(piece: Buffer): Promise<void> | undefined {
    const room = CHUNK_BYTES - this.gathered
    this.gathered += piece.copy(this.block, this.gathered)
    return this.gathered === CHUNK_BYTES ? this.flush().then(() => this.add(piece.subarray(room))) : undefined
  }

  /** After earlier ones. */
  async flush(): Promise<void> {
    await this.writing
    if (this.gathered === 0) return
    const block = this.block
    const length = this.gathered
    const position = this.writtenBytes
    this.block = this.other
    this.other = block
    this.writtenBytes += length
    this.gathered = 0
    this.writing = this.writeAll(block.subarray(0, length), position)
    // The next await throws a failure; until then the rejection must not count as unhandled.
    this.writing.catch(() => undefined)
    this.hash.update(block.subarray(0, length))
  }

  /** On a disk that becomes full, the first write is short and has no error. */
  private async writeAll(bytes: Buffer, position: number): Promise<void> {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await withFileErrors(this.path, () =>
        this.file.write(bytes, done, bytes.length - done, position + done),
      )
      done += bytesWritten
    }
  }

  async startAgain(): Promise<void> {
    await this.writing
    this.gathered = 0
    this.writtenBytes = 0
    this.hash = createHash('sha256')
    await withFileErrors(this.path, () => this.file.truncate(0))
  }

  async sha256(): Promise<string> {
    await this.flush()
    await this.writing
    return this.hash.copy().digest('hex')
  }

  async finish(path: string, mode: number): Promise<void> {
    await withFileErrors(path, async () => {
      await this.file.chmod(mode)
      await this.file.datasync()
      await rename(this.path, path)
      await syncDirectory(dirname(path))
    })
  }

  async discard(): Promise<void> {
    await withFileErrors(this.path, () => ifExists(unlink(this.path)))
  }

  async close(): Promise<void> {
    await this.writing.catch(() => undefined)
    await this.file.close()
  }
}
