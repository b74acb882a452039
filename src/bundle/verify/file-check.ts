import { createHash } from 'node:crypto'
import { closeSync, fdatasyncSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileError } from '../../host/linux/files/file-error.ts'
import { badBundle } from '../error.ts'
import type { BundleFile } from '../format.ts'

/** Takes a file's bytes in order. `write` and `end` throw if they do not match the manifest, or the copy cannot be written. */
export interface FileCheck {
  write(chunk: Uint8Array): void
  end(): void
  /** Call it instead of `end` if the file is incomplete. */
  abandon(): void
}

/**
 * Hashes a file and copies it to `copyTo` in one pass, so that the copy is what was verified. Writes are synchronous because
 * the tar parser is synchronous, and an import does nothing else.
 */
export function checkFile(file: BundleFile, copyTo?: string): FileCheck {
  const hash = createHash('sha256')
  const copy = copyTo === undefined ? undefined : join(copyTo, file.path)
  const descriptor = copy === undefined ? undefined : create(copy)
  let size = 0
  const close = () => {
    if (descriptor !== undefined) closeSync(descriptor)
  }
  return {
    write(chunk) {
      size += chunk.length
      if (size > file.size) throw wrongSize(file, `more than ${file.size}`)
      hash.update(chunk)
      if (descriptor === undefined) return
      named(copy, () => {
        for (let done = 0; done < chunk.length; ) done += writeSync(descriptor, chunk, done)
      })
    },
    end() {
      try {
        if (size !== file.size) throw wrongSize(file, String(size))
        const found = hash.digest('hex')
        if (found !== file.sha256) {
          throw badBundle(
            'wrong-hash',
            `${file.path}: found SHA-256 ${found}; wanted ${file.sha256}, as in the manifest`,
          )
        }
        if (descriptor !== undefined) named(copy, () => fdatasyncSync(descriptor))
      } finally {
        close()
      }
    },
    abandon: close,
  }
}

export function wrongSize(file: BundleFile, found: string) {
  return badBundle('wrong-size', `${file.path}: found ${found} bytes; wanted ${file.size}, as in the manifest`)
}

export function missing(path: string) {
  return badBundle('missing-file', `found no ${path}; the bundle must contain it`)
}

export function extra(path: string) {
  return badBundle('extra-file', `found ${path}, which is not in the manifest; a bundle contains no other files`)
}

/** An error of a file that is open does not name it. */
function named(path: string | undefined, work: () => void): void {
  try {
    work()
  } catch (error) {
    throw fileError(error, path ?? '')
  }
}

function create(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  return openSync(path, 'wx', 0o644)
}
