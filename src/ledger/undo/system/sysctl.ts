import { sameSysctl, sysctlPath } from '../../../host/machine.ts'
import type { CarryOut } from '../result.ts'

/** A key that is gone went with its module or interface. */
export const sysctl: CarryOut<'sysctl'> = async ({ key, before, written }, machine) => {
  const now = await machine.read(sysctlPath(key))
  if (now === undefined || sameSysctl(now, before)) return undefined
  // A second try of a run finds the value of the first: that one's record has what was there before.
  if (written !== undefined && sameSysctl(before, written)) return undefined
  if (written !== undefined && !sameSysctl(now, written)) {
    return {
      kept: `${key} was set to ${now.trim()} by somebody else; Cantrip had set ${written} in the place of ${before}`,
    }
  }
  await machine.writeSysctl(key, before)
  return undefined
}
