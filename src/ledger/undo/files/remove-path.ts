import { temporaryPath } from '../../../host/machine.ts'
import type { CarryOut } from '../result.ts'

export const removePath: CarryOut<'remove-path'> = async ({ path, sha256 }, machine) => {
  await machine.unlink(temporaryPath(path))
  const now = await machine.stat(path)
  if (now === undefined) return undefined
  if (now.kind === 'directory') {
    const outcome = await machine.removeDirectory(path)
    return outcome === 'removed' ? undefined : { kept: `${path} contains files that Cantrip did not create` }
  }
  if (sha256 !== undefined && (now.kind !== 'file' || (await machine.sha256(path)) !== sha256)) {
    return { kept: `${path} was changed since Cantrip wrote it` }
  }
  await machine.unlink(path)
  return undefined
}
