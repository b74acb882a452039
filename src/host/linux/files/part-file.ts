import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open, rename, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path/posix'
import { syncDirectory } from './durable-files.ts'
import { ifExists, withFileErrors } from './file-error.ts'
import { CHUNK_BYTES } from './files.ts'

/**
 * A partial download next to its final path, hashed as it grows. Pieces are collected in one block while the previous block
 * is written. Two blocks are reused in turn, because allocating memory costs more than copying.
 */
export class PartFile {
  private readonly file: FileHandle
  private readonly path: string
  private hash: Hash = createHash('sha256')
  private block = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  private other = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  private gathered = 0
  private written = 0
  private writing: Promise<unknown> = Promise.resolve()

  private constructor(file: FileHandle, path: string) {
    this.file = file
    this.path = path
  }

  /** Continues the file of an earlier try, which it reads for the checksum. */
  static async open(path: string): Promise<PartFile> {
    return withFileErrors(path, async () => {
      const there = await ifExists(stat(path))
      const part = new PartFile(await open(path, there === undefined ? 'wx+' : 'r+', 0o600), path)
      for (;;) {
        const { bytesRead } = await part.file.read(part.block, 0, CHUNK_BYTES, part.written)
        if (bytesRead === 0) return part
        part.hash.update(part.block.subarray(0, bytesRead))
        part.written += bytesRead
      }
    })
  }

  /** Bytes received so far, including those that are not written yet. */
  get length(): number {
    return this.written + this.gathered
  }

  /** Undefined if the piece was only collected; otherwise await it before the next piece. */
  add(piece: Buffer): Promise<void> | undefined {
    const room = CHUNK_BYTES - this.gathered
    this.gathered += piece.copy(this.block, this.gathered)
    return this.gathered === CHUNK_BYTES ? this.flush().then(() => this.add(piece.subarray(room))) : undefined
  }

  /** Writes the collected bytes, after earlier ones. */
  async flush(): Promise<void> {
    await this.writing
    if (this.gathered === 0) return
    const block = this.block
    const length = this.gathered
    const position = this.written
    this.block = this.other
    this.other = block
    this.written += length
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
    this.written = 0
    this.hash = createHash('sha256')
    await withFileErrors(this.path, () => this.file.truncate(0))
  }

  async sha256(): Promise<string> {
    await this.flush()
    await this.writing
    return this.hash.copy().digest('hex')
  }

  /** Renames it to its final path, durably. */
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
