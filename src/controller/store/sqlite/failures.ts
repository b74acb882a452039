import { dirname } from 'node:path'
import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'

/** Primary result codes of https://www.sqlite.org/rescode.html. Extended ones have the primary one in their lowest byte. */
const [READONLY, IOERR, CORRUPT, FULL, NOTADB] = [8, 10, 11, 13, 26]

/** Maps an error of the file system or of the disk to an AgentError with a fix. Other errors are returned unchanged: they are bugs. */
export function failureOf(cause: unknown, path: string): unknown {
  if (!(cause instanceof Error) || !('errcode' in cause)) return cause
  const why = cause.message
  switch (Number(cause.errcode) & 0xff) {
    case FULL:
      return new AgentError('store/full', `the file system of ${path} has no space left`, {
        fix: `free some space: ${command`df -h ${dirname(path)}`}`,
        cause,
      })
    case READONLY:
      return new AgentError('store/read-only', `${path} cannot be written: ${why}`, {
        fix: command`findmnt -T ${path}  # mount its file system read-write`,
        kind: 'unreachable',
        cause,
      })
    // Also an exceeded quota.
    case IOERR:
      return new AgentError('store/disk-error', `the disk reported an error at ${path}: ${why}`, {
        fix: 'read the kernel log (dmesg | tail), and check the disk and its quota',
        cause,
      })
    case CORRUPT:
    case NOTADB:
      return new AgentError('store/unreadable', `${path} cannot be read: ${why}`, {
        fix: 'restore the file from a backup',
        kind: 'invalid',
        cause,
      })
  }
  return cause
}
