import { temporaryPath } from '../../../host/machine.ts'
import type { CarryOut } from '../result.ts'

export const removePath: CarryOut<'remove-path'> = async ({ path, sha256 }, machine) => {
  await machine.unlink(temporaryPath(path))
  const now = await machine.stat(path)
  if (now === undefined) return undefined
  if (now.kind === 'directory') {
    const outcome = await machine.removeDirectory(path)
    return outcome === 'removed' ? undefined : { kept: `${path} holds files that others put there` }
  }
  if (sha256 !== undefined && (now.kind !== 'file' || (await machine.sha256(path)) !== sha256)) {
    return { kept: `${path} was changed since it was written` }
  }
  await machine.unlink(path)
  return undefined
}
