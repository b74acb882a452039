import { createHash } from 'node:crypto'
import { basename, dirname, join, normalize } from 'node:path/posix'
import type { FileStat } from '../../src/host/host.ts'
import type { FileAttributes } from '../../src/host/machine.ts'

interface Attributes {
  mode: number
  uid: number
  gid: number
  mtimeMs: number
  /** Number of hard links; default 1. */
  links?: number
}

export type FakeNode =
  | ({ kind: 'file'; bytes: Buffer } & Attributes)
  | ({ kind: 'directory' } & Attributes)
  | ({ kind: 'symlink'; target: string } & Attributes)
  | ({ kind: 'socket' | 'other' } & Attributes)

/** A file system in memory, by absolute path. Behaves like lstat, rename and similar calls on Linux. */
export class FakeFiles {
  readonly nodes = new Map<string, FakeNode>()
  private readonly clock: () => number
  /** New files belong to this user. */
  uid = 0

  constructor(clock: () => number) {
    this.clock = clock
    this.nodes.set('/', { kind: 'directory', ...this.attributes(0o755) })
  }

  /** The path with every link in its parents resolved, and with `last` also the last segment. */
  resolve(given: string, last: boolean, depth = 0): string {
    const path = normalize(given)
    if (depth > 40) throw Object.assign(new Error(`ELOOP: too many links, '${path}'`), { code: 'ELOOP' })
    if (!this.hasLink(path, last)) return path === '/' ? path : path.replace(/\/$/, '')
    const parent = this.resolve(dirname(path), true, depth + 1)
    const own = join(parent, basename(path))
    const node = this.nodes.get(own)
    if (!last || node?.kind !== 'symlink') return own
    return this.resolve(absolute(parent, node.target), true, depth + 1)
  }

  /** Whether a link is on the way. Most paths have none, and models resolve millions of them. */
  private hasLink(path: string, last: boolean): boolean {
    for (let end = path.indexOf('/', 1); end !== -1; end = path.indexOf('/', end + 1)) {
      if (this.nodes.get(path.slice(0, end))?.kind === 'symlink') return true
    }
    return last && this.nodes.get(path)?.kind === 'symlink'
  }

  get(path: string, follow = false): FakeNode | undefined {
    return this.nodes.get(this.resolve(path, follow))
  }

  stat(path: string): FileStat | undefined {
    const node = this.get(path)
    if (node === undefined) return undefined
    const { kind, mode, uid, gid, mtimeMs, links = 1 } = node
    const size = node.kind === 'file' ? node.bytes.length : node.kind === 'symlink' ? node.target.length : 4096
    return { kind, size, mode, uid, gid, mtimeMs, links }
  }

  list(path: string): string[] | undefined {
    const own = this.resolve(path, true)
    if (this.nodes.get(own)?.kind !== 'directory') return undefined
    return [...this.nodes.keys()]
      .filter((other) => other !== '/' && dirname(other) === own)
      .map((p) => basename(p))
      .sort()
  }

  bytes(path: string): Buffer | undefined {
    const node = this.get(path, true)
    if (node === undefined) return undefined
    if (node.kind !== 'file') throw new Error(`${path} is a ${node.kind}, not a file`)
    return node.bytes
  }

  sha256(path: string): string | undefined {
    const bytes = this.bytes(path)
    return bytes && createHash('sha256').update(bytes).digest('hex')
  }

  /** Creates a file with all its parents. Only for the preparation of a test. */
  seed(given: string, content: string | Uint8Array, attributes: Partial<FileAttributes> = {}): void {
    const path = normalize(given)
    this.seedDirectory(dirname(path))
    this.nodes.set(path, { kind: 'file', bytes: Buffer.from(content), ...this.attributes(0o644), ...attributes })
  }

  seedDirectory(given: string, attributes: Partial<FileAttributes> = {}): void {
    const path = normalize(given)
    if (this.nodes.has(path)) return
    this.seedDirectory(dirname(path))
    this.nodes.set(path, { kind: 'directory', ...this.attributes(0o755), ...attributes })
  }

  seedLink(path: string, target: string): void {
    this.seedDirectory(dirname(path))
    this.nodes.set(path, { kind: 'symlink', target, ...this.attributes(0o777) })
  }

  /** Creates a hard link. */
  seedHardLink(path: string, existing: string): void {
    const node = this.get(existing)
    if (node === undefined) throw failure('ENOENT', existing)
    this.seedDirectory(dirname(path))
    node.links = (node.links ?? 1) + 1
    this.nodes.set(normalize(path), node)
  }

  put(path: string, node: { kind: 'file'; bytes: Buffer } | { kind: 'symlink'; target: string }, mode: number): void {
    const own = this.place(path)
    if (this.nodes.get(own)?.kind === 'directory') throw failure('EISDIR', path)
    this.forget(own)
    this.nodes.set(own, { ...node, ...this.attributes(mode) })
  }

  createDirectory(path: string, mode: number): void {
    const own = this.place(path)
    const there = this.nodes.get(own)
    if (there?.kind === 'directory') return
    if (there !== undefined) throw failure('EEXIST', path)
    this.nodes.set(own, { kind: 'directory', ...this.attributes(mode) })
  }

  setAttributes(path: string, attributes: Partial<FileAttributes>): void {
    const node = this.get(path, true)
    if (node === undefined) throw failure('ENOENT', path)
    Object.assign(node, attributes)
  }

  delete(path: string): void {
    this.forget(this.resolve(path, false))
  }

  deleteTree(path: string, keepRoot: boolean): void {
    const own = this.resolve(path, false)
    for (const other of [...this.nodes.keys()]) {
      if (other.startsWith(`${own}/`) || (other === own && !keepRoot)) this.nodes.delete(other)
    }
  }

  /** The whole file system as plain data, to compare two moments. */
  snapshot(): Record<string, string> {
    const entries = [...this.nodes].map(([path, node]) => {
      const content = node.kind === 'file' ? node.bytes.toString('base64') : node.kind === 'symlink' ? node.target : ''
      return [path, `${node.kind} ${node.mode.toString(8)} ${node.uid}:${node.gid} ${content}`] as const
    })
    return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
  }

  private forget(own: string): void {
    const node = this.nodes.get(own)
    if (node?.links !== undefined) node.links -= 1
    this.nodes.delete(own)
  }

  private place(path: string): string {
    const own = this.resolve(path, false)
    if (this.nodes.get(dirname(own))?.kind !== 'directory') throw failure('ENOENT', path)
    return own
  }

  private attributes(mode: number): Attributes {
    return { mode, uid: this.uid, gid: this.uid, mtimeMs: this.clock() }
  }
}

function absolute(parent: string, target: string): string {
  return target.startsWith('/') ? target : join(parent, target)
}

function failure(code: string, path: string): Error {
  return Object.assign(new Error(`${code}: '${path}'`), { code })
}
