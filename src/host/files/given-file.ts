import { basename } from 'node:path/posix'
import { AgentError } from '../../base/agent-error.ts'
import { escapeArgv } from '../../base/escape-argv.ts'
import type { FileStat, HostView } from '../host.ts'
import { isReadOnly, mountOf, parseMountinfo } from '../parse/mountinfo.ts'
import type { Trust } from './trust.ts'
import { modeText, untrustedPlace } from './untrusted-place.ts'

export interface GivenFile {
  path: string
  /** Names it in errors, e.g. `credentials file`. */
  what: string
  /** What codes of errors begin with, e.g. `credentials`. */
  code: string
  maxBytes: number
  /** Then it must not be readable by everybody either. */
  isSecret: boolean
  trust: Trust
  /** What to do where nothing is at the path. */
  ifMissing: string
}

type View = Pick<HostView, 'stat' | 'readLink' | 'readFileItself' | 'read' | 'uid'>

/**
 * The text of a file that somebody named on the command line. Read is what was judged: a regular file, opened once and not
 * through a link, that nobody but those who are trusted owns, may write, or can swap for another. Without root, a file that
 * is no secret is its reader's own affair. Throws AgentError `<code>/…`, exit code 2.
 */
export async function readGivenFile(file: GivenFile, view: View): Promise<string> {
  const { path, what, maxBytes, isSecret, trust } = file
  const isJudged = isSecret || view.uid() === 0
  const swap = isJudged ? await untrustedPlace(absolute(path), trust, view) : undefined
  if (swap !== undefined) {
    const message = `${what} ${path} could be swapped for another file: ${swap.kind} ${swap.path} ${swap.why}`
    throw refuse(file, 'foreign-directory', `${message}; wanted root or the caller alone`, copyFix(file, view))
  }
  const found = await view.readFileItself(absolute(path), maxBytes)
  if (found === undefined) throw refuse(file, 'missing', `${what} ${path} does not exist`, file.ifMissing)
  const { stat, text } = found
  if (stat.kind !== 'file') throw await notAFile(file, stat, view)
  if (isJudged && !trust.uids.has(stat.uid)) {
    const message = `${what} ${path} belongs to user ${stat.uid}; wanted root or the caller`
    throw refuse(file, 'foreign-owner', message, copyFix(file, view))
  }
  if (isJudged && stat.mode & 0o022) {
    const message = `${what} ${path} may be written by others (mode ${modeText(stat)}); wanted 0600`
    throw refuse(file, 'writable-by-others', message, await modeFix(file, view))
  }
  if (isSecret && stat.mode & 0o004) {
    const message = `${what} ${path} may be read by everybody (mode ${modeText(stat)}); wanted 0600`
    throw refuse(file, 'world-readable', message, await modeFix(file, view))
  }
  if (text !== undefined) return text
  const message = `${what} ${path} has more than ${maxBytes} bytes (${stat.size})`
  throw refuse(file, 'too-large', message, `look at what it is: ${escapeArgv(['head', '-c', '1000', path])}`)
}

async function notAFile(file: GivenFile, { kind }: FileStat, view: View): Promise<AgentError> {
  const target = kind === 'symlink' ? await view.readLink(absolute(file.path)) : undefined
  const found = target === undefined ? `a ${kind}` : `a link to ${target}`
  const message = `${file.what} ${file.path} is ${found}; wanted a regular file`
  return refuse(file, 'not-a-file', message, 'give the path of the file itself')
}

/** Not resolved: a link on the way is judged where the kernel goes. */
function absolute(path: string): string {
  return path.startsWith('/') ? path : `${process.cwd()}/${path}`
}

/** Another owner or mode would not do: whoever may write the directory puts his own file there again. */
function copyFix({ path, trust }: GivenFile, view: View): string {
  const from = escapeArgv([path])
  const name = escapeArgv([basename(path)])
  const to = view.uid() === 0 ? `/root/${name}` : `~/${name}`
  return `see that it is the file you mean, then copy it and give the copy: ${trust.sudo}install -m 600 ${from} ${to}`
}

/** Where modes cannot be changed, as on a read-only medium or VFAT, a copy has one. */
async function modeFix(file: GivenFile, view: View): Promise<string> {
  const mount = mountOf(absolute(file.path), parseMountinfo((await view.read('/proc/self/mountinfo')) ?? ''))
  const isFixed = mount !== undefined && (isReadOnly(mount) || MODELESS.has(mount.fileSystem))
  return isFixed ? copyFix(file, view) : escapeArgv(['chmod', '600', file.path])
}

const MODELESS = new Set(['vfat', 'msdos', 'exfat', 'ntfs', 'ntfs3', 'fuseblk', 'iso9660', 'udf', 'squashfs'])

function refuse({ code }: GivenFile, name: string, message: string, fix: string): AgentError {
  return new AgentError(`${code}/${name}`, message, { fix, kind: 'invalid' })
}
