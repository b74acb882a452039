import { createReadStream } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { AgentError } from '../../base/agent-error.ts'
import { damaged } from './errors.ts'

export interface DataFile {
  /** Relative to the data directory. */
  path: string
  mode: number
  content: Buffer
}

export const BUNDLES = 'bundles'
/** The database, its log and its temporary files; writeDurably's temporary files; what is noted of the audit log. */
const NOT_KEPT = /^controller\.db|\.new$|^audit-(head|syslog)\.json$|^audit-notes$/
const MAX_BYTES = 16 * 2 ** 20

/**
 * The keys, access files and settings of a data directory: all that is not the database and no bundle. They are small, and read at
 * once.
 */
export async function readDataFiles(directory: string): Promise<DataFile[]> {
  const paths = await filesBelow(directory, (path) => path !== BUNDLES && !NOT_KEPT.test(path))
  return Promise.all(
    paths.map(async (path) => {
      const { mode, size } = await stat(join(directory, path))
      if (size <= MAX_BYTES) return { path, mode: mode & 0o777, content: await readFile(join(directory, path)) }
      throw new AgentError(
        'backup/large-file',
        `${join(directory, path)} has ${size} bytes: the controller has no such file`,
        {
          fix: 'move it out of the data directory, and run the same command again',
          kind: 'invalid',
        },
      )
    }),
  )
}

export const isSameFiles = (one: readonly DataFile[], other: readonly DataFile[]): boolean =>
  one.length === other.length &&
  one.every(({ path, content }, at) => other[at]?.path === path && other[at].content.equals(content))

/** The files of all complete bundles, as paths relative to the data directory. */
export function bundleFiles(directory: string): Promise<string[]> {
  return filesBelow(join(directory), (path) => path === BUNDLES || /^bundles\/[0-9a-f]{64}/.test(path), BUNDLES)
}

/** Exactly `size` bytes: a file that is shorter was changed meanwhile. */
export async function* contentOf(path: string, size: number): AsyncGenerator<Buffer> {
  let bytes = 0
  for await (const chunk of createReadStream(path, { end: Math.max(0, size - 1), highWaterMark: 1024 * 1024 })) {
    bytes += chunk.length
    yield chunk
  }
  if (bytes !== size) throw new Error(`${path} was changed while it was read`)
}

/** A path of a backup, which is nowhere else than in the data directory. */
export function safePath(path: string): string {
  const isSafe = path !== '' && path.split('/').every((part) => part !== '' && part !== '.' && part !== '..')
  if (isSafe && !path.includes('\0')) return path
  throw damaged(`it has a file with the path ${JSON.stringify(path)}`)
}

async function filesBelow(directory: string, isWanted: (path: string) => boolean, below = ''): Promise<string[]> {
  const names = await readdir(join(directory, below)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const found = names.sort().map(async (name) => {
    const path = join(below, name)
    if (!isWanted(path)) return []
    const kind = await stat(join(directory, path))
    return kind.isDirectory() ? filesBelow(directory, isWanted, path) : kind.isFile() ? [path] : []
  })
  return (await Promise.all(found)).flat()
}
