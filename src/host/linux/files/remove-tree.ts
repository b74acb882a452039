/**
 * Deletes a directory and its contents, and nothing else: it opens each directory without following links and addresses
 * entries relative to the open directory, so that nobody can substitute another tree. Names are bytes, because Linux allows
 * all except `/` and NUL. The tree may be deeper than PATH_MAX or the limit of open files.
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
import { shownName } from '../../kernel/shown-name.ts'
import type { RemoveTreeOptions } from '../../machine.ts'
import { isBelow, parseMountinfo } from '../../parse/mountinfo.ts'
import { fileError } from './file-error.ts'
import { ending, holdsMount, type Left, notADirectory, treeLeft } from './tree-errors.ts'

/** State of one deletion. */
interface Removal {
  /** The tree's path. */
  root: string
  mount: string
  all: boolean
  left: Left[]
  spared: string[]
  /** Descriptor of the current directory; only one is open, however deep the tree is. */
  directory: number
}

/** Entries between two turns of the event loop. */
const TURN = 200
const LOST = -1

/** Refuses to start if there is a mount below. Continues after entries that cannot be deleted, and throws at the end. */
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

/** Empties the current directory. */
async function empty(shownPath: string, removal: Removal): Promise<void> {
  await setImmediate()
  const names = readdirSync(`/proc/self/fd/${removal.directory}`, { withFileTypes: true, encoding: 'buffer' })
  for (const [index, entry] of names.entries()) {
    if (index % TURN === TURN - 1) await setImmediate()
    const shown = `${shownPath}/${shownName(entry.name)}`
    try {
      await removeEntry(entry, shown, removal)
    } catch (error) {
      // The parent directory could not be reopened, so this try cannot continue.
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

/** Why an entry is kept; undefined if it may be deleted, or no longer exists. */
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

/** Resolves links in the existing part of a path, because a link may name the tree by another link. */
function realPlace(path: string): string {
  try {
    return realpathSync(path)
  } catch {
    return path === '/' ? path : join(realPlace(dirname(path)), basename(path))
  }
}

/** Empties a subdirectory, then returns by its `..`, which must be the directory it came from. */
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
  // The descriptor changes with each descent; an old number may have been reused for another file.
  const emptied = removal.directory
  removal.directory = LOST
  removal.directory = goUp(emptied, above, shown)
}

/** Opens the parent directory, and always closes the child. */
function goUp(emptied: number, above: string, shown: string): number {
  try {
    const back = openDirectory(`/proc/self/fd/${emptied}/..`, shown)
    if (back !== undefined && isThis(back, above)) return back
  } finally {
    closeSync(emptied)
  }
  throw new Error(`${shown} was moved while it was being emptied`)
}

/** Whether this is the directory with this identity; otherwise closes it. */
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

/** The mount id of an open directory; a device number does not distinguish bind mounts. */
function mountOf(directory: number): string {
  return /mnt_id:\s*(\d+)/.exec(readFileSync(`/proc/self/fdinfo/${directory}`, 'utf8'))?.[1] ?? ''
}
