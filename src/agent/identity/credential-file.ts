import { AgentError } from '../../base/agent-error.ts'
import { readGivenFile } from '../../host/files/given-file.ts'
import type { Trust } from '../../host/files/trust.ts'
import type { HostView } from '../../host/host.ts'

const MAX_BYTES = 64 * 1024

/** The text of a file with a secret in it, e.g. `what`: `credentials file`. Refused besides: an empty one. */
export async function readCredentialFile(path: string, what: string, view: HostView, trust: Trust): Promise<string> {
  const text = await readGivenFile(
    {
      path,
      what,
      code: 'credentials',
      maxBytes: MAX_BYTES,
      isSecret: true,
      trust,
      ifMissing: 'copy it here from the machine of the controller',
    },
    view,
  )
  if (text.trim() === '') throw refuse('empty', `${what} ${path} is empty`, 'copy the file again')
  return text
}

export function refuse(name: string, message: string, fix: string, cause?: unknown): AgentError {
  return new AgentError(`credentials/${name}`, message, { fix, kind: 'invalid', cause })
}
