import { dirname } from 'node:path/posix'
import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'

const known: Record<string, (path: string) => { code: string; found: string; fix: string }> = {
  ENOSPC: (path) => ({
    code: 'disk/full',
    found: `no space is left on the file system of ${path}`,
    fix: `make room and run the same command again: ${command`df -h ${dirname(path)}`}`,
  }),
  EDQUOT: (path) => ({
    code: 'disk/full',
    found: `the disk quota for ${path} is used up`,
    fix: 'raise the quota and run the same command again',
  }),
  EROFS: (path) => ({
    code: 'disk/read-only',
    found: `${path} is on a file system mounted read-only, wanted to write there`,
    fix: `find out why (dmesg | tail), then: ${command`mount -o remount,rw "$(findmnt -no TARGET -T ${dirname(path)})"`}`,
  }),
  EACCES: (path) => ({ code: 'file/denied', found: `access to ${path} was denied`, fix: 'run it as root (sudo)' }),
  EPERM: (path) => ({
    code: 'file/denied',
    found: `changing ${path} is not permitted`,
    fix: `run it as root (sudo); if it is run as root, look for an immutable flag: ${command`lsattr -d ${path}`}`,
  }),
  EBUSY: (path) => ({
    code: 'file/busy',
    found: `${path} is in use`,
    fix: `see what is mounted there or uses it: ${command`findmnt -R ${path}; fuser -vm ${path}`}`,
  }),
  ENOTDIR: (path) => ({
    code: 'file/not-a-directory',
    found: `a part of ${path} is a file, wanted directories`,
    fix: `see which (namei -l ${path}), and move it away or choose another path`,
  }),
  EEXIST: (path) => ({
    code: 'file/not-a-directory',
    found: `${path} is there already, and is no directory`,
    fix: `see what it is (${command`ls -la ${path}`}), and move it away or choose another path`,
  }),
  EISDIR: (path) => ({
    code: 'file/is-directory',
    found: `${path} is a directory, wanted a file`,
    fix: `see what it holds (${command`ls -la ${path}`}), and move it away: ${command`mv ${path} ${`${path}.away`}`}`,
  }),
  EIO: (path) => ({
    code: 'disk/broken',
    found: `the disk reported an error at ${path}`,
    fix: 'look at the kernel log (dmesg | tail) and check the disk',
  }),
}

/** Names what a person can mend about a failed file operation; anything else stays the error it is. */
export function fileError(error: unknown, path: string): unknown {
  const errno = error as NodeJS.ErrnoException
  const make = errno?.code === undefined ? undefined : known[errno.code]
  if (make === undefined) return error
  const { code, found, fix } = make(path)
  return new AgentError(code, found, { fix, cause: error })
}

export async function withFileErrors<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw fileError(error, path)
  }
}

/** The value, or undefined where the path, or a directory on the way to it, is not there. */
export async function ifExists<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    // ESRCH: a file of a process below /proc, and the process has ended meanwhile.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ESRCH') return undefined
    throw error
  }
}
