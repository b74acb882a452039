import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open, rename, stat, unlink } from 'node:fs/promises'
import { dirname } from 'node:path/posix'
import { syncDirectory } from './durable-files.ts'
import { absent, naming } from './file-error.ts'
import { CHUNK_BYTES } from './files.ts'

/**
 * What is there of a download, beside its later name. Its checksum grows with it, in large pieces while the piece
 * before is on its way to the disk.
 */
export class PartFile {
  private readonly file: FileHandle
  private readonly path: string
  private hash: Hash = createHash('sha256')
  private pieces: Buffer[] = []
  private pending = 0
  private writing: Promise<unknown> = Promise.resolve()
  /** Bytes taken so far, those on their way to the disk included. */
  length = 0

  private constructor(file: FileHandle, path: string) {
    this.file = file
    this.path = path
  }

  /** Takes up what an earlier try left, reading it for the checksum. */
  static async open(path: string): Promise<PartFile> {
    return naming(path, async () => {
      const there = await absent(stat(path))
      const part = new PartFile(await open(path, there === undefined ? 'wx+' : 'r+', 0o600), path)
      const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
      for (;;) {
        const { bytesRead } = await part.file.read(buffer, 0, CHUNK_BYTES, part.length)
        if (bytesRead === 0) return part
        part.hash.update(buffer.subarray(0, bytesRead))
        part.length += bytesRead
      }
    })
  }

  async add(piece: Buffer): Promise<void> {
    this.pieces.push(piece)
    this.pending += piece.length
    this.length += piece.length
    if (this.pending >= CHUNK_BYTES) await this.flush()
  }

  /** Starts the writing of what is gathered, after that of what was gathered before. */
  async flush(): Promise<void> {
    if (this.pending === 0) return this.settle()
    const block = Buffer.concat(this.pieces, this.pending)
    const position = this.length - this.pending
    this.pieces = []
    this.pending = 0
    await this.settle()
    this.writing = naming(this.path, () => this.file.write(block, 0, block.length, position))
    // A failure is thrown by the next settle; until then it must not count as unhandled.
    this.writing.catch(() => undefined)
    this.hash.update(block)
  }

  async startAgain(): Promise<void> {
    await this.settle()
    this.pieces = []
    this.pending = 0
    this.length = 0
    this.hash = createHash('sha256')
    await naming(this.path, () => this.file.truncate(0))
  }

  async sha256(): Promise<string> {
    await this.flush()
    await this.settle()
    return this.hash.copy().digest('hex')
  }

  /** Gives it its name, durably. */
  async finish(path: string, mode: number): Promise<void> {
    await naming(path, async () => {
      await this.file.chmod(mode)
      await this.file.datasync()
      await rename(this.path, path)
      await syncDirectory(dirname(path))
    })
  }

  async discard(): Promise<void> {
    await naming(this.path, () => absent(unlink(this.path)))
  }

  async close(): Promise<void> {
    await this.writing.catch(() => undefined)
    await this.file.close()
  }

  private async settle(): Promise<void> {
    await this.writing
  }
}
