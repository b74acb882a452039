import { mkdir } from 'node:fs/promises'
import type { ReadEntry } from 'tar'
import { contentKind } from './content-kind.ts'

const MAX_BYTES = 16 * 1024 ** 3
const MAX_ENTRIES = 50_000
const TYPES = new Set(['File', 'OldFile', 'ContiguousFile', 'Link', 'SymbolicLink', 'Directory'])

/** A file that is no archive, or is damaged or too large. The message continues `FILE: `. */
export class BadArchive extends Error {}

/**
 * Extracts the members that `wanted` selects, to a new directory. Reads gzip and zstd by content, whatever the name is.
 * Throws BadArchive.
 */
export async function unpack(archive: string, to: string, wanted: (path: string) => boolean): Promise<void> {
  const { extract } = await import('tar')
  await mkdir(to, { recursive: true })
  const limits = newLimits()
  const filter = (path: string, entry: object) => limits.permit(entry as ReadEntry) && wanted(plain(path))
  const options = { file: archive, cwd: to, strict: true, noMtime: true, preserveOwner: false, filter }
  await readable(archive, () => extract(options))
  limits.check()
}

/** The paths of the members. Throws BadArchive. */
export async function membersOf(archive: string): Promise<Set<string>> {
  const { list } = await import('tar')
  const members = new Set<string>()
  const limits = newLimits()
  await readable(archive, () =>
    list({
      file: archive,
      strict: true,
      onReadEntry: (entry) => {
        if (limits.permit(entry)) members.add(plain(entry.path))
      },
    }),
  )
  limits.check()
  return members
}

function newLimits() {
  let bytes = 0
  let entries = 0
  const isTooLarge = () => bytes > MAX_BYTES || entries > MAX_ENTRIES
  return {
    permit(entry: ReadEntry): boolean {
      bytes += entry.size
      entries += 1
      return !isTooLarge() && TYPES.has(entry.type)
    },
    check() {
      if (isTooLarge()) throw new BadArchive(`has more than ${MAX_ENTRIES} members or ${MAX_BYTES / 1024 ** 3} GiB`)
    },
  }
}

async function readable(archive: string, read: () => Promise<unknown>): Promise<void> {
  try {
    await read()
  } catch (cause) {
    const kind = await contentKind(archive)
    const isArchive = ['gzip data', 'zstd data', 'a tar archive'].includes(kind)
    const why = cause instanceof Error ? ` (${cause.message})` : ''
    throw new BadArchive(
      isArchive ? `is damaged, or no tar archive${why}` : `is ${kind}; wanted a tar archive, plain, gzip or zstd`,
      { cause },
    )
  }
}

/** A path without leading `./` and `/`. */
export function plain(path: string): string {
  return path.replace(/^(\.?\/)+/, '').replace(/\/$/, '')
}
