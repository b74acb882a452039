/** A replacement of node:fs/promises, for vi.mock, whose disk fails once at a selected write. */
import type { FileHandle } from 'node:fs/promises'

const OF_HANDLES = new Set(['appendFile', 'writeFile', 'write', 'datasync', 'sync', 'chmod', 'truncate'])
const OF_PATHS = new Set([
  'chmod',
  'chown',
  'copyFile',
  'link',
  'mkdir',
  'rename',
  'rmdir',
  'symlink',
  'unlink',
  'utimes',
])

export interface Write {
  /** `rename`, `datasync` … */
  name: string
  path: string
}

/** When the disk fails, and the writes so far. */
export const disk = {
  failAt: Number.POSITIVE_INFINITY,
  code: 'ENOSPC' as 'ENOSPC' | 'EIO',
  writes: [] as Write[],
}

export function spoil<T extends object>(real: T): T {
  const spoilt = Object.entries(real).map(([name, work]) => {
    if (name === 'open') return [name, opened(work)]
    return [name, OF_PATHS.has(name) ? failing(name, work, (args) => String(args.at(-1) ?? args[0])) : work]
  })
  return Object.fromEntries(spoilt) as T
}

type Work = (...args: unknown[]) => Promise<unknown>

function failing(name: string, work: Work, pathOf: (args: unknown[]) => string): Work {
  return async (...args) => {
    disk.writes.push({ name, path: pathOf(args) })
    if (disk.writes.length === disk.failAt) {
      throw Object.assign(new Error(`${disk.code}: ${name}`), { code: disk.code })
    }
    return work(...args)
  }
}

function opened(open: Work): Work {
  return async (...args) => {
    const handle = (await open(...args)) as FileHandle
    return new Proxy(handle, {
      get(target, name) {
        const value = Reflect.get(target, name, target)
        if (typeof value !== 'function') return value
        const bound = value.bind(target) as Work
        return OF_HANDLES.has(String(name)) ? failing(String(name), bound, () => String(args[0])) : bound
      },
    })
  }
}
