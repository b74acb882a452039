import { createReadStream } from 'node:fs'
import type { ReadEntry } from 'tar'
import { badBundle } from '../error.ts'

/** Takes an entry's bytes in order. An exception ends the reading. */
export interface EntryReader {
  write(chunk: Buffer): void
  end(): void
  /** Called instead of `end` if the entry is incomplete. */
  abandon(): void
}

export const IGNORE: EntryReader = { write: () => undefined, end: () => undefined, abandon: () => undefined }

const CHUNK_BYTES = 1024 * 1024
const MAX_ENTRIES = 2_000

/**
 * Passes each entry's bytes to the reader that `open` returns for it, until the end of the archive or until `enough` returns
 * true. Accepts files and directories with plain relative paths, each once; throws for anything else before calling `open`.
 */
export async function readEntries(
  path: string,
  open: (entry: ReadEntry, name: string) => EntryReader,
  enough: () => boolean = () => false,
): Promise<void> {
  const { Parser } = await import('tar')
  const seen = new Set<string>()
  let failure: unknown
  let reader: EntryReader | undefined

  // The parser calls back synchronously, and an exception must not pass through it.
  const guarded = (act: () => void) => {
    if (failure !== undefined) return
    try {
      act()
    } catch (error) {
      failure = error
    }
  }
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      guarded(() => {
        const name = checkedName(entry)
        if (seen.has(name)) throw badBundle('bad-manifest', `found ${name} more than once in ${path}`)
        if (seen.add(name).size > MAX_ENTRIES)
          throw badBundle('too-large', `found more than ${MAX_ENTRIES} entries in ${path}`)
        reader = open(entry, name)
      })
      entry.on('data', (chunk) => guarded(() => reader?.write(chunk)))
      entry.on('end', () =>
        guarded(() => {
          const ended = reader
          reader = undefined
          ended?.end()
        }),
      )
    },
  })
  parser.on('error', (cause: unknown) => {
    failure ??= damaged(path, cause)
  })
  try {
    let position = 0
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES }) as AsyncIterable<Buffer>) {
      if (position === 0) refuseOtherFormats(path, chunk)
      position += chunk.length
      parser.write(chunk)
      if (failure !== undefined) throw failure
      if (enough()) return
    }
    parser.end()
    if (failure !== undefined) throw failure
    if (reader !== undefined) throw damaged(path)
  } finally {
    reader?.abandon()
  }
}

/** Refuses compressed archives: decompression could produce far more data than the manifest allows. */
function refuseOtherFormats(path: string, head: Buffer): void {
  if (head.length >= 512 && head.subarray(257, 262).toString('latin1') === 'ustar') return
  throw badBundle('bad-archive', `${path} is not a tar archive; wanted an uncompressed tar, or a directory`)
}

function damaged(path: string, cause?: unknown) {
  const why = cause instanceof Error ? `: ${cause.message}` : ''
  return badBundle('bad-archive', `${path} is damaged or incomplete${why}`, undefined, cause)
}

function checkedName(entry: ReadEntry): string {
  const name = entry.path.replace(/^\.\//, '').replace(/\/$/, '') || '.'
  if (entry.path.startsWith('/') || name.split('/').includes('..')) {
    throw badBundle('escapes', `found the path ${JSON.stringify(entry.path)}; a file must be inside its bundle`)
  }
  if (entry.type !== 'File' && entry.type !== 'Directory') {
    throw badBundle('escapes', `${name} is of type ${entry.type}; a bundle contains only regular files`)
  }
  return name
}
