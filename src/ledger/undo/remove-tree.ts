import { CNI_STATE } from './cni-state.ts'
import { keptIn } from './kept-in.ts'
import { NAMESPACES } from './network-namespaces.ts'
import { removeCniRecords } from './remove-cni-records.ts'
import { removePath } from './remove-path.ts'
import type { CarryOut } from './result.ts'

export const removeTree: CarryOut<'remove-tree'> = async (undo, machine, found) => {
  const { path, all = false } = undo
  if ((await machine.stat(path)) === undefined) return undefined
  if (path === CNI_STATE) return removeCniRecords(undo, machine, found)
  if (path === NAMESPACES) return removePath({ kind: 'remove-path', path }, machine, found)
  return keptIn(path, await machine.removeTree(path, { all }))
}
