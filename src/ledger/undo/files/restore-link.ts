import { temporaryPath } from '../../../host/machine.ts'
import type { CarryOut } from '../result.ts'

export const restoreLink: CarryOut<'restore-link'> = async ({ path, target, sha256 }, machine) => {
  await machine.unlink(temporaryPath(path))
  if ((await machine.readLink(path)) === target) return undefined
  const now = await machine.stat(path)
  if (sha256 !== undefined && now?.kind === 'file' && (await machine.sha256(path)) !== sha256) {
    return { kept: `${path} was changed since Cantrip wrote it; before, it was a link to ${target}` }
  }
  await machine.createLink(target, path)
  return undefined
}
