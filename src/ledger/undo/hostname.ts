import type { CarryOut } from './result.ts'

export const hostname: CarryOut<'hostname'> = async ({ before }, machine) => {
  if (machine.hostname() !== before) await machine.writeSysctl('kernel.hostname', before)
  return undefined
}
