/**
 * Deletes a directory with what is in it, and nothing else: it opens directory by directory without following
 * links and names entries through the open directory, so that nobody can put another tree in its place meanwhile.
 */
import {
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs'
import { resolve } from 'node:path/posix'
import { setImmediate } from 'node:timers/promises'
import { AgentError } from '../../errors/agent-error.ts'
import type { RemoveTreeOptions } from '../machine.ts'
import { isBelow, parseMountinfo } from '../parse/mountinfo.ts'
import { fileError } from './file-error.ts'

interface Left {
  path: string
  error: unknown
}

/** One deletion, as it goes. */
interface Removal {
  /** The tree, as people name it. */
  root: string
  mount: string
  all: boolean
  left: Left[]
  spared: string[]
}

/** Refuses before it deletes anything when a mount is below; goes on past what can't be deleted, and throws then. */
export async function removeTree(path: string, options: RemoveTreeOptions = {}): Promise<string[]> {
  const { keepRoot = false, all = false } = options
  const mounts = parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8'))
    .map((mount) => mount.mountPoint)
    .filter((point) => isBelow(point, path) && !(keepRoot && point === path))
  if (mounts.length > 0) throw holdsMount(path, mounts)

  const root = openDirectory(path)
  if (root === undefined) return []
  const removal: Removal = { root: path, mount: mountOf(root), all, left: [], spared: [] }
  const { left, spared } = removal
  try {
    await empty(root, path, removal)
  } finally {
    closeSync(root)
  }
  if (!keepRoot && left.length + spared.length === 0) attempt(path, left, () => rmdirSync(path))
  const [first] = left
  if (first === undefined) return spared
  throw new AgentError(
    'undo/tree-left',
    `${left.length} entries of ${path} could not be deleted, first ${first.path}: ${first.error instanceof Error ? first.error.message : first.error}`,
    {
      fix: `see what holds it (lsof +D ${path}; lsattr -d ${first.path}), then run the same command again`,
      cause: first.error,
    },
  )
}

async function empty(directory: number, shownPath: string, removal: Removal): Promise<void> {
  await setImmediate()
  const own = `/proc/self/fd/${directory}`
  for (const entry of readdirSync(own, { withFileTypes: true })) {
    const shown = `${shownPath}/${entry.name}`
    try {
      await removeEntry(entry, `${own}/${entry.name}`, shown, removal)
    } catch (error) {
      removal.left.push({ path: shown, error })
    }
  }
}

async function removeEntry(entry: Dirent, path: string, shown: string, removal: Removal): Promise<void> {
  const { left, spared, all, root } = removal
  const reason = all ? undefined : reasonToSpare(path, shown, entry, root)
  if (reason !== undefined) {
    spared.push(`${shown} (${reason})`)
    return
  }
  if (!entry.isDirectory()) {
    attempt(shown, left, () => unlinkSync(path))
    return
  }
  const before = left.length + spared.length
  await emptyBelow(path, shown, removal)
  if (left.length + spared.length === before) attempt(shown, left, () => rmdirSync(path))
}

/** Whose it is when it is not ours; undefined where it may go, or is gone. */
function reasonToSpare(path: string, shown: string, entry: Dirent, root: string): string | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return undefined
  if (stats.uid !== (process.geteuid?.() ?? 0)) return `of user ${stats.uid}`
  if (!entry.isSymbolicLink()) return undefined
  const target = readlinkSync(path)
  return isBelow(resolve(shown, '..', target), root) ? undefined : `leads to ${target}`
}

async function emptyBelow(path: string, shown: string, removal: Removal): Promise<void> {
  let below: number | undefined
  try {
    below = openDirectory(path)
    if (below === undefined) return
    if (mountOf(below) !== removal.mount) throw new Error('something is mounted there')
    await empty(below, shown, removal)
  } finally {
    if (below !== undefined) closeSync(below)
  }
}

function attempt(shown: string, left: Left[], work: () => void): void {
  try {
    work()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') left.push({ path: shown, error: fileError(error, shown) })
  }
}

function openDirectory(path: string): number | undefined {
  try {
    const directory = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
    if (fstatSync(directory).isDirectory()) return directory
    closeSync(directory)
    return undefined
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT') return undefined
    if (code === 'ENOTDIR' || code === 'ELOOP') throw notADirectory(path)
    throw error
  }
}

/** The mount that an open directory lies on; the device alone does not tell a bind mount. */
function mountOf(directory: number): string {
  return /mnt_id:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${directory}`, 'utf8'))?.[1] ?? ''
}

function notADirectory(path: string): AgentError {
  return new AgentError('undo/not-a-directory', `${path} is a link or a file now, wanted the directory made earlier`, {
    fix: `look at what it is (stat ${path}), move it away, then run the same command again`,
  })
}

function holdsMount(path: string, mounts: string[]): AgentError {
  return new AgentError('undo/holds-mount', `${path} still holds a mount and is left alone: ${mounts.join(' ')}`, {
    fix: `unmount it, then run the same command again: umount ${mounts.toReversed().join(' ')}`,
  })
}
