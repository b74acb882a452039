import { temporaryPath } from '../../host/machine.ts'
import type { CarryOut } from './result.ts'

export const restoreLink: CarryOut<'restore-link'> = async ({ path, target }, machine) => {
  await machine.unlink(temporaryPath(path))
  if ((await machine.readLink(path)) !== target) await machine.createLink(target, path)
  return undefined
}
