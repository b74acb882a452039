import type { CarryOut } from './result.ts'

export const emptyDirectory: CarryOut<'empty-directory'> = async ({ path }, machine) => {
  if ((await machine.stat(path)) !== undefined) await machine.removeTree(path, { keepRoot: true })
  return undefined
}
