import { AgentError } from '../../../base/agent-error.ts'
import { temporaryPath } from '../../../host/machine.ts'
import type { CarryOut } from '../result.ts'

export const restoreFile: CarryOut<'restore-file'> = async (undo, machine) => {
  await machine.unlink(temporaryPath(undo.path))
  const { path, backup, sha256: written } = undo
  const before = await machine.sha256(backup)
  if (before === undefined) throw backupMissing(path, backup)
  const now = await machine.stat(path)
  if (now?.kind === 'file') {
    const content = await machine.sha256(path)
    const same = now.mode === undo.mode && now.uid === undo.uid && now.gid === undo.gid
    if (content === before && same) return undefined
    if (written !== undefined && content !== written && content !== before) {
      return { kept: `${path} was changed since it was written` }
    }
  }
  await machine.restoreFile(backup, path, undo)
  return undefined
}

function backupMissing(path: string, backup: string): AgentError {
  return new AgentError('undo/backup-missing', `${path} cannot be put back: its copy ${backup} is not there`, {
    fix: `put ${path} back from a backup of the machine`,
  })
}
