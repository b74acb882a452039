import { AgentError } from '../errors/agent-error.ts'
import { ExitCode } from '../errors/exit-codes.ts'
import type { HostView } from '../host/host.ts'

const MAX_BYTES = 64 * 1024

/**
 * The text of a file with a secret in it. Refused: a link, a file of somebody else, one that others may write or
 * everybody may read, an empty or an absurdly large one. `what` names it in errors, e.g. `credentials file`.
 */
export async function readCredentialFile(path: string, what: string, view: HostView): Promise<string> {
  const stat = await view.stat(path)
  if (!stat)
    throw refuse('missing', `${what} ${path} does not exist`, 'copy it here from the machine of the controller')
  if (stat.kind !== 'file') {
    throw refuse(
      'not-a-file',
      `${what} ${path} is a ${stat.kind}; wanted a regular file`,
      'give the path of the file itself',
    )
  }
  if (stat.uid !== 0 && stat.uid !== view.uid()) {
    const found = `${what} ${path} belongs to user ${stat.uid}; wanted root or the caller`
    throw refuse('foreign-owner', found, `chown root:root ${path}`)
  }
  const mode = stat.mode.toString(8).padStart(4, '0')
  if (stat.mode & 0o022) {
    throw refuse(
      'writable-by-others',
      `${what} ${path} may be written by others (mode ${mode}); wanted 0600`,
      `chmod 600 ${path}`,
    )
  }
  if (stat.mode & 0o004) {
    throw refuse(
      'world-readable',
      `${what} ${path} may be read by everybody (mode ${mode}); wanted 0600`,
      `chmod 600 ${path}`,
    )
  }
  if (stat.size > MAX_BYTES) {
    throw refuse(
      'too-large',
      `${what} ${path} has ${stat.size} bytes; wanted at most ${MAX_BYTES}`,
      'give the file that the controller wrote',
    )
  }
  const text = await view.read(path)
  if (!text || text.trim() === '') throw refuse('empty', `${what} ${path} is empty`, 'copy the file again')
  return text
}

export function refuse(name: string, message: string, fix: string, cause?: unknown): AgentError {
  return new AgentError(`credentials/${name}`, message, { fix, exitCode: ExitCode.usage, cause })
}
