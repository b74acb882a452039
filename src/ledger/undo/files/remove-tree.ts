import { CNI_STATE, NETWORK_NAMESPACES } from '../../../base/kubernetes-paths.ts'
import { removeCniRecords } from '../network/cni/remove-cni-records.ts'
import type { CarryOut } from '../result.ts'
import { keptIn } from './kept-in.ts'
import { removePath } from './remove-path.ts'

export const removeTree: CarryOut<'remove-tree'> = async (undo, machine, found) => {
  const { path, all = false } = undo
  if ((await machine.stat(path)) === undefined) return undefined
  if (path === CNI_STATE) return removeCniRecords(undo, machine, found)
  if (path === NETWORK_NAMESPACES) return removePath({ kind: 'remove-path', path }, machine, found)
  return keptIn(path, await machine.removeTree(path, { all }))
}
