import { createHash } from 'node:crypto'
import { closeSync, fdatasyncSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { badBundle } from '../error.ts'
import type { BundleFile } from '../format.ts'

/** Takes a file's bytes in order; `end` throws unless they are what the manifest says. */
export interface FileCheck {
  write(chunk: Uint8Array): void
  end(): void
  /** For one that will not be finished. */
  abandon(): void
}

/**
 * Hashes a file, and writes it below `copyTo` on the way, so that what is kept is what was checked.
 * Writes are synchronous: bytes come from a synchronous parser, and nothing else runs beside an import.
 */
export function checkFile(file: BundleFile, copyTo?: string): FileCheck {
  const hash = createHash('sha256')
  const descriptor = copyTo === undefined ? undefined : create(join(copyTo, file.path))
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
      for (let done = 0; done < chunk.length; ) done += writeSync(descriptor, chunk, done)
    },
    end() {
      try {
        if (size !== file.size) throw wrongSize(file, String(size))
        const found = hash.digest('hex')
        if (found !== file.sha256) {
          throw badBundle('wrong-hash', `${file.path}: found SHA-256 ${found}; the manifest says ${file.sha256}`)
        }
        if (descriptor !== undefined) fdatasyncSync(descriptor)
      } finally {
        close()
      }
    },
    abandon: close,
  }
}

export function wrongSize(file: BundleFile, found: string) {
  return badBundle('wrong-size', `${file.path}: found ${found} bytes; the manifest says ${file.size}`)
}

export function missing(path: string) {
  return badBundle('missing-file', `found no ${path}; the bundle must hold it`)
}

export function extra(path: string) {
  return badBundle('extra-file', `found ${path}, which the manifest does not name; a bundle holds nothing else`)
}

function create(path: string): number {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 })
  return openSync(path, 'wx', 0o644)
}
