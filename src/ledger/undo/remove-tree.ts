import { CNI_STATE, removeCniRecords } from './cni-records.ts'
import { keptIn } from './kept-in.ts'
import { NAMESPACES } from './network-namespaces.ts'
import { removePath } from './remove-path.ts'
import type { CarryOut } from './result.ts'

export const removeTree: CarryOut<'remove-tree'> = async ({ path, all = false }, machine, found) => {
  if ((await machine.stat(path)) === undefined) return undefined
  if (path === CNI_STATE) return removeCniRecords(machine, false)
  if (path === NAMESPACES) return removePath({ kind: 'remove-path', path }, machine, found)
  return keptIn(path, await machine.removeTree(path, { all }))
}
