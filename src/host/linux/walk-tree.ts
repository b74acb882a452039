import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync, type Stats } from 'node:fs'
import { setImmediate } from 'node:timers/promises'
import type { FileStat } from '../host.ts'
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
  const open = [{ path: root, depth: options.depth }]
  for (let next = open.shift(); next !== undefined; next = open.shift()) {
    const { path, depth } = next
    for (const entry of entriesOf(path, options)) {
      if (found.length === options.most) return found
      found.push(entry)
      if (found.length % TURN === 0) await setImmediate()
      if (entry.stat.kind === 'directory' && depth > 1) open.push({ path: entry.path, depth: depth - 1 })
    }
  }
  return found
}

function* entriesOf(directory: string, options: WalkOptions): Generator<TreeEntry> {
  for (const name of attempt(() => readdirSync(directory)) ?? []) {
    const path = directory === '/' ? `/${name}` : `${directory}/${name}`
    const entry = options.skip.has(path) ? undefined : attempt(() => look(path, options))
    if (entry !== undefined) yield entry
  }
}

function look(path: string, { contentBytes, text }: WalkOptions): TreeEntry {
  const stats: Stats = lstatSync(path)
  const stat = fileStat(stats)
  const entry = { path, stat, ctimeMs: stats.ctimeMs }
  if (stat.kind === 'symlink') return { ...entry, target: readlinkSync(path) }
  if (stat.kind !== 'file' || stat.size > contentBytes) return entry
  const content = attempt(() => readFileSync(path))
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
