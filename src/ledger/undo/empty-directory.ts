import { keptIn } from './remove-tree.ts'
import type { CarryOut } from './result.ts'

export const emptyDirectory: CarryOut<'empty-directory'> = async ({ path, all = false }, machine) => {
  if ((await machine.stat(path)) === undefined) return undefined
  return keptIn(path, await machine.removeTree(path, { keepRoot: true, all }))
}
