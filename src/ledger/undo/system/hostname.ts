import type { CarryOut } from '../result.ts'

export const hostname: CarryOut<'hostname'> = async ({ before, written }, machine) => {
  const now = machine.hostname()
  if (now === before) return undefined
  if (written !== undefined && now !== written) {
    return {
      kept: `the hostname was changed to ${now} since Cantrip set it to ${written}; before, it was ${before}`,
    }
  }
  await machine.writeSysctl('kernel.hostname', before)
  return undefined
}
