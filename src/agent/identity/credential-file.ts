import { AgentError } from '../../base/agent-error.ts'
import { readGivenFile } from '../../host/files/given-file.ts'
import type { Trust } from '../../host/files/trust.ts'
import type { HostView } from '../../host/host.ts'

const MAX_BYTES = 64 * 1024

/**
 * The text of a file with a secret. `what` names the file, for example `credentials file`; `ifMissing` is the fix for one that does
 * not exist. Refuses an empty file.
 */
export async function readCredentialFile(
  path: string,
  what: string,
  view: HostView,
  trust: Trust,
  ifMissing = 'copy the file from the controller to this machine',
): Promise<string> {
  const text = await readGivenFile(
    {
      path,
      what,
      code: 'credentials',
      maxBytes: MAX_BYTES,
      isSecret: true,
      trust,
      ifMissing,
    },
    view,
  )
  if (text.trim() === '') throw refuse('empty', `${what} ${path} is empty`, 'copy the file again')
  return text
}

export function refuse(name: string, message: string, fix: string, cause?: unknown): AgentError {
  return new AgentError(`credentials/${name}`, message, { fix, kind: 'invalid', cause })
}
