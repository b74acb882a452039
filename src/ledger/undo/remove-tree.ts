import type { CarryOut } from './result.ts'

export const removeTree: CarryOut<'remove-tree'> = async ({ path }, machine) => {
  if ((await machine.stat(path)) !== undefined) await machine.removeTree(path)
  return undefined
}
