import { type FileHandle, open } from 'node:fs/promises'
import { AgentError } from '../../../base/agent-error.ts'

/** Opens a file with an exported audit log. Throws `audit/no-file` if it, or the directory of a new one, does not exist. */
export async function openFile(path: string, flags: 'r' | 'w'): Promise<FileHandle> {
  try {
    return await open(path, flags, 0o600)
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause
    const [found, fix] =
      flags === 'r'
        ? [`${path} does not exist`, 'pass a file that controller audit export wrote']
        : [`the directory of ${path} does not exist`, 'pass a path in an existing directory']
    throw new AgentError('audit/no-file', found, { fix, kind: 'invalid', cause })
  }
}
