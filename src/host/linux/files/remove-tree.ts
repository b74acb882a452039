/**
 * Deletes a directory with what is in it, and nothing else: it opens directory by directory without following
 * links and names entries through the open directory, so that nobody can put another tree in its place meanwhile.
 * Names are bytes, for Linux takes any but `/` and NUL; a tree may be deeper than a path can name or descriptors last.
 */
import {
  type BigIntStats,
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmdirSync,
  unlinkSync,
} from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path/posix'
import { setImmediate } from 'node:timers/promises'
import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import { shownName } from '../../kernel/shown-name.ts'
import type { RemoveTreeOptions } from '../../machine.ts'
import { isBelow, parseMountinfo } from '../../parse/mountinfo.ts'
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
  /** The directory that is open: one at a time, however deep the tree is. */
  directory: number
}

/** Entries between two turns of the event loop. */
const TURN = 200
const LOST = -1
/** Of a path in a message; the end tells more than the middle. */
const SHOWN = 300

/** Refuses before it deletes anything when a mount is below; goes on past what can't be deleted, and throws then. */
export async function removeTree(path: string, options: RemoveTreeOptions = {}): Promise<string[]> {
  const { keepRoot = false, all = false } = options
  const mounts = parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8'))
    .map((mount) => mount.mountPoint)
    .filter((point) => isBelow(point, path) && !(keepRoot && point === path))
  if (mounts.length > 0) throw holdsMount(path, mounts)

  const opened = openOnMount(path, path)
  if (opened === undefined) return []
  const removal: Removal = { root: path, all, left: [], spared: [], ...opened }
  const { left, spared } = removal
  try {
    await empty(path, removal)
  } catch (error) {
    left.push({ path, error })
  } finally {
    if (removal.directory !== LOST) closeSync(removal.directory)
  }
  if (!keepRoot && left.length + spared.length === 0) attempt(path, left, () => rmdirSync(path))
  if (left.length > 0) throw treeLeft(path, left)
  return spared
}

/** Empties the directory that is open. */
async function empty(shownPath: string, removal: Removal): Promise<void> {
  await setImmediate()
  const names = readdirSync(`/proc/self/fd/${removal.directory}`, { withFileTypes: true, encoding: 'buffer' })
  for (const [index, entry] of names.entries()) {
    if (index % TURN === TURN - 1) await setImmediate()
    const shown = `${shownPath}/${shownName(entry.name)}`
    try {
      await removeEntry(entry, shown, removal)
    } catch (error) {
      // The way back up is lost: what is above cannot be emptied by this try.
      if (removal.directory === LOST) throw error
      removal.left.push({ path: shown, error })
    }
  }
}

async function removeEntry(entry: Dirent<Buffer>, shown: string, removal: Removal): Promise<void> {
  const { left, spared, all, root } = removal
  const path = () => Buffer.concat([Buffer.from(`/proc/self/fd/${removal.directory}/`), entry.name])
  const reason = all ? undefined : reasonToSpare(path(), shown, entry, root)
  if (reason !== undefined) {
    spared.push(`${ending(shown)} (${reason})`)
    return
  }
  if (!entry.isDirectory()) {
    attempt(shown, left, () => unlinkSync(path()))
    return
  }
  const before = left.length + spared.length
  await emptyBelow(path(), shown, removal)
  if (left.length + spared.length === before) attempt(shown, left, () => rmdirSync(path()))
}

/** Whose it is when it is not ours; undefined where it may go, or is gone. */
function reasonToSpare(path: Buffer, shown: string, entry: Dirent<Buffer>, root: string): string | undefined {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) return undefined
  if (stats.uid !== (process.geteuid?.() ?? 0)) return `of user ${stats.uid}`
  if (!entry.isSymbolicLink()) return undefined
  const target = shownName(readlinkSync(path, { encoding: 'buffer' }))
  const named = resolve(shown, '..', target)
  const place = join(realPlace(dirname(named)), basename(named))
  return isBelow(place, realPlace(root)) ? undefined : `leads to ${target}`
}

/** With links on the way followed, as far as there is a way: a link may name the tree by another link that leads to it. */
function realPlace(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path === '/' ? path : join(realPlace(dirname(path)), basename(path))
  }
}

/** Goes down into a directory, and up again by its `..`, which must be where it came from, whatever happened below. */
async function emptyBelow(path: Buffer, shown: string, removal: Removal): Promise<void> {
  const above = identityOf(removal.directory)
  const below = openOnMount(path, shown)
  if (below === undefined) return
  if (below.mount !== removal.mount) {
    closeSync(below.directory)
    throw new Error('something is mounted there')
  }
  closeSync(removal.directory)
  removal.directory = below.directory
  try {
    await empty(shown, removal)
  } catch (error) {
    if (removal.directory === LOST) throw error
    removal.left.push({ path: shown, error })
  }
  // Each way down and up has changed the descriptor: the one of before may be a stranger's by now.
  const emptied = removal.directory
  removal.directory = LOST
  removal.directory = goUp(emptied, above, shown)
}

/** The directory above, opened; the one below is closed, whatever happens. */
function goUp(emptied: number, above: string, shown: string): number {
  try {
    const back = openDirectory(`/proc/self/fd/${emptied}/..`, shown)
    if (back !== undefined && isThis(back, above)) return back
  } finally {
    closeSync(emptied)
  }
  throw new Error(`${shown} was moved while it was being emptied`)
}

/** Closes one that is not. */
function isThis(directory: number, identity: string): boolean {
  let isIt = false
  try {
    isIt = identityOf(directory) === identity
  } finally {
    if (!isIt) closeSync(directory)
  }
  return isIt
}

function attempt(shown: string, left: Left[], work: () => void): void {
  try {
    work()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') left.push({ path: shown, error: fileError(error, shown) })
  }
}

function openDirectory(path: string | Buffer, shown: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT') return undefined
    if (code === 'ENOTDIR' || code === 'ELOOP') throw notADirectory(shown)
    throw error
  }
}

function openOnMount(path: string | Buffer, shown: string): Pick<Removal, 'directory' | 'mount'> | undefined {
  const directory = openDirectory(path, shown)
  if (directory === undefined) return undefined
  try {
    return { directory, mount: mountOf(directory) }
  } catch (error) {
    closeSync(directory)
    throw error
  }
}

function identityOf(directory: number): string {
  const { dev, ino }: BigIntStats = fstatSync(directory, { bigint: true })
  return `${dev}:${ino}`
}

/** The mount that an open directory lies on; the device alone does not tell a bind mount. */
function mountOf(directory: number): string {
  return /mnt_id:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${directory}`, 'utf8'))?.[1] ?? ''
}

const ending = (path: string) => (path.length > SHOWN ? `…${path.slice(-SHOWN)}` : path)

function treeLeft(path: string, left: readonly Left[]): AgentError {
  const [first] = left as [Left]
  const { error } = first
  const isDenied = error instanceof AgentError && error.code === 'file/denied'
  return new AgentError(
    'undo/tree-left',
    `${left.length} entries of ${path} could not be deleted, first ${ending(first.path)}: ${error instanceof Error ? ending(error.message) : error}`,
    {
      // chattr walks the tree; it says so of what has no attributes, and goes on.
      fix: isDenied
        ? `see what is immutable or append-only (${command`lsattr -R ${path}`}), lift that (${command`chattr -R -f -i -a ${path}`}), then run the same command again`
        : `see what holds it (${command`lsof +D ${path}`}), then run the same command again`,
      cause: error,
    },
  )
}

function notADirectory(path: string): AgentError {
  return new AgentError('undo/not-a-directory', `${path} is a link or a file now, wanted the directory made earlier`, {
    fix: `look at what it is (${command`stat ${path}`}), move it away, then run the same command again`,
  })
}

function holdsMount(path: string, mounts: string[]): AgentError {
  return new AgentError('undo/holds-mount', `${path} still holds a mount and is left alone: ${mounts.join(' ')}`, {
    fix: `unmount it, then run the same command again: ${command`umount ${mounts.toReversed()}`}`,
  })
}
