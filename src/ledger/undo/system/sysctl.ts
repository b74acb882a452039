import { sameSysctl, sysctlPath } from '../../../host/machine.ts'
import type { CarryOut } from '../result.ts'

/** A missing key disappeared with its module or interface. */
export const sysctl: CarryOut<'sysctl'> = async ({ key, before, written }, machine) => {
  const now = await machine.read(sysctlPath(key))
  if (now === undefined || sameSysctl(now, before)) return undefined
  // A second try of a run found the value of the first one, whose record has the original value.
  if (written !== undefined && sameSysctl(before, written)) return undefined
  if (written !== undefined && !sameSysctl(now, written)) {
    return {
      kept: `${key} was changed to ${now.trim()} since Cantrip set it to ${written}; before, it was ${before}`,
    }
  }
  await machine.writeSysctl(key, before)
  return undefined
}
