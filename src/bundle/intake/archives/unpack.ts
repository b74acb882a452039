import { mkdir, realpath } from 'node:fs/promises'
import { join, sep } from 'node:path'
import type { Parser, ReadEntry } from 'tar'
import { isDiskFull } from '../../../base/durable-file.ts'
import { fileError } from '../../../host/linux/files/file-error.ts'
import { BadArchive } from '../../closure/archive.ts'
import { contentKind } from '../content-kind.ts'
import { isFile } from '../tree.ts'
import { plainBytes } from './plain-bytes.ts'

const MAX_MEMBERS = 50_000
const TYPES = new Set(['File', 'OldFile', 'ContiguousFile', 'Link', 'SymbolicLink', 'Directory'])

/**
 * Extracts the members that `wanted` selects, to a new directory. Reads gzip and zstd by content, whatever the name is.
 * Throws BadArchive, or `disk/full`.
 */
export async function unpack(archive: string, to: string, wanted: (path: string) => boolean): Promise<void> {
  const { Unpack } = await import('tar')
  await mkdir(to, { recursive: true })
  await readInto(archive, 'close', (filter) => {
    const select = (path: string, entry: object) => {
      ignoreMode(entry as ReadEntry)
      return filter(entry as ReadEntry) && wanted(plain(path))
    }
    return new Unpack({ ...PLAIN, cwd: to, noMtime: true, preserveOwner: false, filter: select })
  }).catch((error: unknown) => {
    throw isDiskFull(error) ? fileError(error, to) : error
  })
}

/** Who unpacks an archive must be able to read and to remove it. */
function ignoreMode(entry: ReadEntry): void {
  entry.mode = entry.type === 'Directory' ? 0o700 : 0o600
}

/** The paths of the members. Throws BadArchive. */
export async function membersOf(archive: string): Promise<Set<string>> {
  const { Parser } = await import('tar')
  const members = new Set<string>()
  await readInto(archive, 'end', (filter) => {
    const onReadEntry = (entry: ReadEntry) => {
      members.add(plain(entry.path))
      entry.resume()
    }
    return new Parser({ ...PLAIN, filter: (_, entry) => filter(entry as ReadEntry), onReadEntry })
  })
  return members
}

/** The extracted file with this path in the archive; undefined if there is none, or it is a link to elsewhere. */
export async function extracted(directory: string, member: string): Promise<string | undefined> {
  const file = join(directory, member)
  if (!(await isFile(file))) return undefined
  return (await realpath(file)).startsWith((await realpath(directory)) + sep) ? file : undefined
}

/** A path without leading `./` and `/`. */
export function plain(path: string): string {
  return path.replace(/^(\.?\/)+/, '').replace(/\/$/, '')
}

/** What is compressed is decompressed before. */
const PLAIN = { strict: true, brotli: false, zstd: false } as const

/** Reads an archive to its end mark. `filter` counts the members, and selects those that can be extracted. */
async function readInto(
  archive: string,
  lastEvent: 'end' | 'close',
  open: (filter: (entry: ReadEntry) => boolean) => Parser,
): Promise<void> {
  let count = 0
  let isOver = false
  const parser = open(({ type }) => {
    count += 1
    return count <= MAX_MEMBERS && TYPES.has(type)
  })
  // An archive can consist of extended headers.
  parser.on('meta', () => {
    count += 1
  })
  parser.on('eof', () => {
    isOver = true
  })
  const { promise: ended, resolve, reject } = Promise.withResolvers<void>()
  ended.catch(() => undefined)
  parser.on('error', reject)
  parser.on(lastEvent, () => resolve())
  const drained = () => new Promise((done) => parser.once('drain', done))
  try {
    for await (const bytes of plainBytes(archive)) {
      if (!parser.write(bytes)) await Promise.race([drained(), ended])
      if (count > MAX_MEMBERS) throw new BadArchive(`has more than ${MAX_MEMBERS} members`)
      if (isOver) break
    }
    parser.end()
    await ended
  } catch (cause) {
    throw cause instanceof BadArchive || isDiskFull(cause) ? cause : await badArchive(archive, cause)
  }
}

async function badArchive(archive: string, cause: unknown): Promise<BadArchive> {
  const kind = await contentKind(archive)
  const isArchive = ['gzip data', 'zstd data', 'a tar archive'].includes(kind)
  const why = cause instanceof Error ? ` (${cause.message})` : ''
  const problem = isArchive
    ? `is damaged, or no tar archive${why}`
    : `is ${kind}; wanted a tar archive, plain, gzip or zstd`
  return new BadArchive(problem, { cause })
}
