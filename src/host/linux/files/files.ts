/** Reads files. A path that does not exist, or whose parent does not, gives undefined and is not an error. */
import { createHash } from 'node:crypto'
import { type BigIntStats, constants, type Stats } from 'node:fs'
import { lstat, stat as nodeStat, open, readdir, readlink, statfs } from 'node:fs/promises'
import { dirname } from 'node:path/posix'
import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import type { DiskSpace, FileKind, FileStat } from '../../host.ts'
import { ifExists, withFileErrors } from './file-error.ts'
import { knownSum, rememberSum } from './sums/known-sums.ts'

const MAX_READ_BYTES = 16 * 2 ** 20
export const CHUNK_BYTES = 2 ** 20

export async function read(path: string): Promise<string | undefined> {
  return withFileErrors(path, async () => {
    // Without O_NONBLOCK, opening a named pipe would wait for a writer.
    const file = await ifExists(open(path, constants.O_RDONLY | constants.O_NONBLOCK))
    if (file === undefined) return undefined
    try {
      const stat = await file.stat()
      if (!stat.isFile()) throw notRegular(path, kindOf(stat))
      if (stat.size > MAX_READ_BYTES) throw tooLarge(path, stat.size)
      // A process may end after its file in /proc was opened.
      return await ifExists(file.readFile('utf8'))
    } finally {
      await file.close()
    }
  })
}

export async function readFileItself(
  path: string,
  maxBytes: number,
): Promise<{ stat: FileStat; text?: string } | undefined> {
  return withFileErrors(path, async () => {
    // Opening a device can have side effects.
    const named = await stat(path)
    if (named === undefined || named.kind !== 'file') return named && { stat: named }
    const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
    const file = await ifExists(open(path, flags)).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ELOOP') return 'symlink' as const
      throw error
    })
    if (file === undefined) return undefined
    if (file === 'symlink') return { stat: { ...named, kind: file } }
    try {
      const opened = fileStat(await file.stat())
      if (opened.kind !== 'file') return { stat: opened }
      const { buffer, bytesRead } = await file.read(Buffer.alloc(maxBytes + 1), 0, maxBytes + 1, 0)
      return { stat: opened, ...(bytesRead <= maxBytes && { text: buffer.toString('utf8', 0, bytesRead) }) }
    } finally {
      await file.close()
    }
  })
}

export async function stat(path: string): Promise<FileStat | undefined> {
  const stats = await withFileErrors(path, () => ifExists(lstat(path)))
  if (stats === undefined) return undefined
  return fileStat(stats)
}

export async function readLink(path: string): Promise<string | undefined> {
  try {
    return await ifExists(readlink(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EINVAL') return undefined
    throw error
  }
}

export async function list(path: string): Promise<string[] | undefined> {
  const names = await withFileErrors(path, () => ifExists(readdir(path)))
  return names?.sort()
}

/** Of the nearest existing directory, if the path does not exist. */
export async function diskSpace(path: string): Promise<DiskSpace> {
  const found = await withFileErrors(path, () => ifExists(statfs(path)))
  if (found === undefined) return diskSpace(dirname(path))
  const { bsize, blocks, bavail, files, ffree } = found
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize, totalInodes: files, freeInodes: ffree }
}

export async function sha256(path: string): Promise<string | undefined> {
  return withFileErrors(path, async () => {
    const file = await ifExists(open(path, constants.O_RDONLY | constants.O_NONBLOCK))
    if (file === undefined) return undefined
    try {
      const startedMs = Date.now()
      const stats = await file.stat({ bigint: true })
      if (!stats.isFile()) throw notRegular(path, kindOf(stats))
      const hash = createHash('sha256')
      if (stats.size <= CHUNK_BYTES) return hash.update(await file.readFile()).digest('hex')
      const before = knownSum(stats, startedMs)
      if (before !== undefined) return before
      // Two buffers: one is read while the other one is hashed.
      const buffers = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)] as const
      let next = file.read(buffers[0], 0, CHUNK_BYTES, null)
      for (let turn = 1; ; turn++) {
        const { bytesRead, buffer } = await next
        if (bytesRead === 0) {
          const sum = hash.digest('hex')
          rememberSum(stats, sum, startedMs)
          return sum
        }
        next = file.read(turn % 2 === 0 ? buffers[0] : buffers[1], 0, CHUNK_BYTES, null)
        hash.update(buffer.subarray(0, bytesRead))
      }
    } finally {
      await file.close()
    }
  })
}

/** Hard links to the same file are not read. */
export async function sameContent(path: string, other: string): Promise<boolean> {
  const [one, two] = await withFileErrors(path, () =>
    Promise.all([ifExists(nodeStat(path)), ifExists(nodeStat(other))]),
  )
  if (one === undefined || two === undefined || one.size !== two.size) return false
  if (one.ino === two.ino && one.dev === two.dev) return true
  const [first, second] = await Promise.all([sha256(path), sha256(other)])
  return first === second
}

export function fileStat(stats: Stats): FileStat {
  const { size, uid, gid, mtimeMs, nlink } = stats
  return { kind: kindOf(stats), size, mode: stats.mode & 0o7777, uid, gid, mtimeMs, links: nlink }
}

function kindOf(stats: Stats | BigIntStats): FileKind {
  if (stats.isFile()) return 'file'
  if (stats.isDirectory()) return 'directory'
  if (stats.isSymbolicLink()) return 'symlink'
  return stats.isSocket() ? 'socket' : 'other'
}

function notRegular(path: string, kind: FileKind): AgentError {
  return new AgentError('file/not-regular', `${path} is a ${kind}; expected a regular file`, {
    fix: `check what it is: ${command`stat ${path}`}`,
  })
}

function tooLarge(path: string, size: number): AgentError {
  return new AgentError('file/too-large', `${path} has ${size} bytes; expected at most ${MAX_READ_BYTES}`, {
    fix: `check what it is: ${command`head -c 1000 ${path}`}`,
  })
}
