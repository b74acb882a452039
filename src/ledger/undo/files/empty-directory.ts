import { CNI_STATE } from '../../../base/kubernetes-paths.ts'
import { removeCniRecords } from '../network/cni/remove-cni-records.ts'
import type { CarryOut } from '../result.ts'
import { keptIn } from './kept-in.ts'

export const emptyDirectory: CarryOut<'empty-directory'> = async (undo, machine, found) => {
  const { path, all = false } = undo
  if ((await machine.stat(path)) === undefined) return undefined
  if (path === CNI_STATE) return removeCniRecords(undo, machine, found)
  return keptIn(path, await machine.removeTree(path, { keepRoot: true, all }))
}
