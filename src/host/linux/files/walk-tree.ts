import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { FileStat } from '../../host.ts'
import { shownName } from '../../kernel/shown-name.ts'
import { fileStat } from './files.ts'

export interface WalkOptions {
  /** 1: what lies in the directory itself. */
  depth: number
  /** Files of at most so many bytes are read: for their checksum, or their text where `text` is set. */
  contentBytes: number
  text?: boolean
  /** Neither looked at nor entered: mount points behind which a server may not answer. */
  skip: ReadonlySet<string>
  /** At most so many entries; the walk ends there. */
  most: number
}

export interface TreeEntry {
  /** Of names that are not UTF-8, or hold control characters, the bytes are shown as \xHH. */
  path: string
  stat: FileStat
  /** When the inode was last changed: nobody can set it. */
  ctimeMs: number
  target?: string
  sha256?: string
  text?: string
}

/** Entries between two turns of the event loop. */
const TURN = 200

/**
 * Everything below a directory, without following links. What goes away meanwhile, or cannot be read, is left out.
 * Synchronous calls in small portions: one at a time through the thread pool costs ten times as much.
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
  /** A name is bytes: read as text it would name another file, or none. */
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
    // Gone, not for us, or a kernel file that does not want to be read now: then there is nothing to tell.
    if ((error as NodeJS.ErrnoException).syscall !== undefined) return undefined
    throw error
  }
}
