import { mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { AgentError } from '../../../../base/agent-error.ts'
import { reserveFile } from '../../identities/new-credentials.ts'

/** Makes the directory, which only its owner reads. Throws `create/file-exists` if it has files. */
export function makeEmptyDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    if (readdirSync(directory).length === 0) return
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : 'unknown'
    throw new AgentError('create/cannot-write', `cannot write to ${directory}: ${code}`, {
      fix: 'pass a directory that can be written',
      kind: 'invalid',
      cause,
    })
  }
  throw new AgentError('create/file-exists', `${directory} has files, which are not replaced`, {
    fix: 'pass a new or an empty directory',
    kind: 'invalid',
  })
}

/** Writes them with mode 0600. */
export function writeFiles(directory: string, files: Readonly<Record<string, string>>): string[] {
  return Object.entries(files).map(([name, text]) => {
    const file = reserveFile(join(directory, name))
    file.write(text)
    return file.path
  })
}
