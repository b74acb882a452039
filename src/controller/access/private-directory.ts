import { chmodSync, mkdirSync, statSync } from 'node:fs'
import { AgentError } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'

/**
 * Creates the directory with mode 0700, and its parents. The mode of a directory that was there is never changed: it may be
 * /tmp. Refuses one in which other users can write.
 */
export function makePrivateDirectory(path: string): void {
  const made = mkdirSync(path, { recursive: true, mode: 0o700 })
  if (made !== undefined) {
    // Whatever the umask is.
    chmodSync(path, 0o700)
    return
  }
  const { mode } = statSync(path)
  if ((mode & 0o022) === 0) return
  const found = `users other than the controller's can write to ${path} (mode ${(mode & 0o7777).toString(8).padStart(4, '0')})`
  throw new AgentError('data/foreign-directory', `${found}; wanted a directory of its own`, {
    // A directory with the sticky bit is shared on purpose.
    fix: mode & 0o1000 ? 'pass another --data directory' : command`chmod go-w ${path}`,
    kind: 'invalid',
  })
}
