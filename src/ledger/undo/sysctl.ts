import { sameSysctl, sysctlPath } from '../../host/machine.ts'
import type { CarryOut } from './result.ts'

/** A key that is gone went with its module or interface. */
export const sysctl: CarryOut<'sysctl'> = async ({ key, before }, machine) => {
  const now = await machine.read(sysctlPath(key))
  if (now !== undefined && !sameSysctl(now, before)) await machine.writeSysctl(key, before)
  return undefined
}
