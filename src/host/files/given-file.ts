import { basename } from 'node:path/posix'
import { AgentError } from '../../base/agent-error.ts'
import { escapeArgv } from '../../base/text/escape-argv.ts'
import type { FileStat, HostView } from '../host.ts'
import { isReadOnly, mountOf } from '../parse/mountinfo.ts'
import { readMounts } from './read-mounts.ts'
import type { Trust } from './trust.ts'
import { modeText, untrustedPlace } from './untrusted-place.ts'

export interface GivenFile {
  path: string
  /** Its name in errors, e.g. `credentials file`. */
  what: string
  /** Prefix of the error codes, e.g. `credentials`. */
  code: string
  maxBytes: number
  /** Whether it must not be readable by everybody. */
  isSecret: boolean
  trust: Trust
  /** The fix if the file does not exist. */
  ifMissing: string
}

type View = Pick<HostView, 'stat' | 'readLink' | 'readFileItself' | 'read' | 'uid'>

/**
 * The text of a file that was named on the command line. The file that was checked is the one that is read: a regular file,
 * opened once without following links, that only trusted users own, can write, or can replace. Without root, owner and mode
 * of a file without secrets are not checked. Throws AgentError `<code>/…`, exit code 2.
 */
export async function readGivenFile(file: GivenFile, view: View): Promise<string> {
  const { path, what, maxBytes, isSecret, trust } = file
  const isChecked = isSecret || view.uid() === 0
  const swap = isChecked ? await untrustedPlace(absolute(path), trust, view) : undefined
  if (swap !== undefined) {
    const message = `${what} ${path} could be replaced by another user: ${swap.kind} ${swap.path} ${swap.why}`
    throw refuse(file, 'foreign-directory', `${message}; only root and the caller may write there`, copyFix(file, view))
  }
  const found = await view.readFileItself(absolute(path), maxBytes)
  if (found === undefined) throw refuse(file, 'missing', `${what} ${path} does not exist`, file.ifMissing)
  const { stat, text } = found
  if (stat.kind !== 'file') throw await notAFile(file, stat, view)
  if (isChecked && !trust.uids.has(stat.uid)) {
    const message = `${what} ${path} belongs to user ${stat.uid}; it must belong to root or the caller`
    throw refuse(file, 'foreign-owner', message, copyFix(file, view))
  }
  if (isChecked && stat.mode & 0o022) {
    const message = `${what} ${path} is writable by others (mode ${modeText(stat)}); expected 0600`
    throw refuse(file, 'writable-by-others', message, await modeFix(file, view))
  }
  if (isSecret && stat.mode & 0o004) {
    const message = `${what} ${path} is readable by everybody (mode ${modeText(stat)}); expected 0600`
    throw refuse(file, 'world-readable', message, await modeFix(file, view))
  }
  if (text !== undefined) return text
  const message = `${what} ${path} has more than ${maxBytes} bytes (${stat.size})`
  throw refuse(file, 'too-large', message, `check what the file is: ${escapeArgv(['head', '-c', '1000', path])}`)
}

async function notAFile(file: GivenFile, { kind }: FileStat, view: View): Promise<AgentError> {
  const target = kind === 'symlink' ? await view.readLink(absolute(file.path)) : undefined
  const found = target === undefined ? `a ${kind}` : `a link to ${target}`
  const message = `${file.what} ${file.path} is ${found}; expected a regular file`
  return refuse(file, 'not-a-file', message, 'pass the path of the file itself')
}

/** Links are not resolved here: each is checked in the order in which the kernel follows them. */
function absolute(path: string): string {
  return path.startsWith('/') ? path : `${process.cwd()}/${path}`
}

/** Changing owner or mode would not help: who can write the directory can replace the file again. */
function copyFix({ path, trust }: GivenFile, view: View): string {
  const from = escapeArgv([path])
  const name = escapeArgv([basename(path)])
  const to = view.uid() === 0 ? `/root/${name}` : `~/${name}`
  return `check that it is the right file, then copy it and pass the copy: ${trust.sudo}install -m 600 ${from} ${to}`
}

/** On a file system without modes (VFAT) or a read-only one, the file has to be copied. */
async function modeFix(file: GivenFile, view: View): Promise<string> {
  const mount = mountOf(absolute(file.path), await readMounts(view))
  const isFixed = mount !== undefined && (isReadOnly(mount) || MODELESS.has(mount.fileSystem))
  return isFixed ? copyFix(file, view) : escapeArgv(['chmod', '600', file.path])
}

const MODELESS = new Set(['vfat', 'msdos', 'exfat', 'ntfs', 'ntfs3', 'fuseblk', 'iso9660', 'udf', 'squashfs'])

function refuse({ code }: GivenFile, name: string, message: string, fix: string): AgentError {
  return new AgentError(`${code}/${name}`, message, { fix, kind: 'invalid' })
}
