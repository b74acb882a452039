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
      return { kept: `${path} was changed since Cantrip wrote it` }
    }
  }
  await machine.restoreFile(backup, path, undo)
  return undefined
}

function backupMissing(path: string, backup: string): AgentError {
  return new AgentError('undo/backup-missing', `cannot restore ${path}: its backup ${backup} is missing`, {
    fix: `restore ${path} from a backup of the machine`,
  })
}
