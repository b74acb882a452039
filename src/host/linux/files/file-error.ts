import { dirname } from 'node:path/posix'
import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'

const known: Record<string, (path: string) => { code: string; found: string; fix: string }> = {
  ENOSPC: (path) => ({
    code: 'disk/full',
    found: `the file system of ${path} is full`,
    fix: `free some space, then run the same command again: ${command`df -h ${dirname(path)}`}`,
  }),
  EDQUOT: (path) => ({
    code: 'disk/full',
    found: `the disk quota for ${path} is exceeded`,
    fix: 'raise the quota, then run the same command again',
  }),
  EROFS: (path) => ({
    code: 'disk/read-only',
    found: `cannot write ${path}: its file system is mounted read-only`,
    fix: `find out why (dmesg | tail), then: ${command`mount -o remount,rw "$(findmnt -no TARGET -T ${dirname(path)})"`}`,
  }),
  EACCES: (path) => ({ code: 'file/denied', found: `access to ${path} was denied`, fix: 'run it as root (sudo)' }),
  EPERM: (path) => ({
    code: 'file/denied',
    found: `changing ${path} is not permitted`,
    fix: `run it as root (sudo); as root, check for the immutable attribute: ${command`lsattr -d ${path}`}`,
  }),
  EBUSY: (path) => ({
    code: 'file/busy',
    found: `${path} is in use`,
    fix: `find out what is mounted there, or which process uses it: ${command`findmnt -R ${path}; fuser -vm ${path}`}`,
  }),
  ENOTDIR: (path) => ({
    code: 'file/not-a-directory',
    found: `a part of ${path} is a file; expected directories`,
    fix: `find the file (namei -l ${path}), and move it away or choose another path`,
  }),
  EEXIST: (path) => ({
    code: 'file/not-a-directory',
    found: `${path} exists and is not a directory`,
    fix: `check what it is (${command`ls -la ${path}`}), and move it away or choose another path`,
  }),
  EISDIR: (path) => ({
    code: 'file/is-directory',
    found: `${path} is a directory; expected a file`,
    fix: `check what it contains (${command`ls -la ${path}`}), and move it away: ${command`mv ${path} ${`${path}.away`}`}`,
  }),
  EIO: (path) => ({
    code: 'disk/broken',
    found: `the disk reported an error at ${path}`,
    fix: 'read the kernel log (dmesg | tail) and check the disk',
  }),
}

/** An AgentError for file errors that a person can fix; other errors are returned unchanged. */
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

/** The value, or undefined if the path or one of its parents does not exist. */
export async function ifExists<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    // ESRCH: a file in /proc of a process that has ended.
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'ESRCH') return undefined
    throw error
  }
}
