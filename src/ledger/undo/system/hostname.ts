import type { CarryOut } from '../result.ts'

export const hostname: CarryOut<'hostname'> = async ({ before, written }, machine) => {
  const now = machine.hostname()
  if (now === before) return undefined
  if (written !== undefined && now !== written) {
    return {
      kept: `the host name was set to ${now} by somebody else; Cantrip had set ${written} in the place of ${before}`,
    }
  }
  await machine.writeSysctl('kernel.hostname', before)
  return undefined
}
