import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { FileStat } from '../../host.ts'
import { shownName } from '../../kernel/shown-name.ts'
import { fileStat } from './files.ts'

export interface WalkOptions {
  /** Levels to descend; 1 is the directory's own entries. */
  depth: number
  /** Files up to this size are read, for their checksum, or for their text if `text` is set. */
  contentBytes: number
  text?: boolean
  /** Paths to ignore, such as mount points of servers that may not answer. */
  skip: ReadonlySet<string>
  /** Maximum number of entries, at which the walk ends. */
  most: number
}

export interface TreeEntry {
  /** Control characters, and bytes of names that are not UTF-8, are written as \xHH. */
  path: string
  stat: FileStat
  /** Time of the last inode change, which cannot be set by a program. */
  ctimeMs: number
  target?: string
  sha256?: string
  text?: string
}

/** Entries between two turns of the event loop. */
const TURN = 200

/**
 * Everything below a directory, without following links. Omits what disappears during the walk or cannot be read. Uses
 * synchronous calls in small batches, because single calls through the thread pool cost ten times as much.
 */
export async function walkTree(root: string, options: WalkOptions): Promise<TreeEntry[]> {
  const found: TreeEntry[] = []
  const open: Directory[] = [{ path: Buffer.from(root), shown: root, depth: options.depth }]
  for (const { path, shown, depth } of open) {
    for (const { below, entry } of entriesOf(path, shown, options)) {
      if (found.length === options.most) return found
      found.push(entry)
      if (found.length % TURN === 0) await setImmediate()
      if (entry.stat.kind === 'directory' && depth > 1) open.push({ path: below, shown: entry.path, depth: depth - 1 })
    }
  }
  return found
}

interface Directory {
  /** Bytes, because a name decoded as text could be that of another file. */
  path: Buffer
  shown: string
  depth: number
}

function* entriesOf(
  directory: Buffer,
  shown: string,
  options: WalkOptions,
): Generator<{ below: Buffer; entry: TreeEntry }> {
  const slash = Buffer.from(shown === '/' ? '' : '/')
  for (const name of attempt(() => readdirSync(directory, { encoding: 'buffer' })) ?? []) {
    const path = `${shown}${slash}${shownName(name)}`
    if (options.skip.has(path)) continue
    const below = Buffer.concat([directory, slash, name])
    const entry = attempt(() => look(below, path, options))
    if (entry !== undefined) yield { below, entry }
  }
}

function look(below: Buffer, path: string, { contentBytes, text }: WalkOptions): TreeEntry {
  const stats: Stats = lstatSync(below)
  const stat = fileStat(stats)
  const entry = { path, stat, ctimeMs: stats.ctimeMs }
  if (stat.kind === 'symlink') return { ...entry, target: shownName(readlinkSync(below, { encoding: 'buffer' })) }
  if (stat.kind !== 'file' || stat.size > contentBytes) return entry
  const content = attempt(() => readFileSync(below))
  if (content === undefined) return entry
  return text
    ? { ...entry, text: content.toString() }
    : { ...entry, sha256: createHash('sha256').update(content).digest('hex') }
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work()
  } catch (error) {
    // Removed meanwhile, not permitted, or a kernel file that cannot be read.
    if ((error as NodeJS.ErrnoException).syscall !== undefined) return undefined
    throw error
  }
}
