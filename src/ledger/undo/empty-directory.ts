import { CNI_STATE, removeCniRecords } from './cni-records.ts'
import { keptIn } from './kept-in.ts'
import type { CarryOut } from './result.ts'

export const emptyDirectory: CarryOut<'empty-directory'> = async ({ path, all = false }, machine) => {
  if ((await machine.stat(path)) === undefined) return undefined
  if (path === CNI_STATE) return removeCniRecords(machine, true)
  return keptIn(path, await machine.removeTree(path, { keepRoot: true, all }))
}
