import type { CarryOut } from './result.ts'

export const run: CarryOut<'run'> = async ({ argv }, machine) => {
  await machine.execute(argv)
  return undefined
}
