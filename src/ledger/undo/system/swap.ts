import { parseSwaps } from '../../../host/parse/swaps.ts'
import type { CarryOut } from '../result.ts'

/** A device that does not exist, such as zram after a boot, is not enabled. */
export const swap: CarryOut<'swap'> = async ({ path }, machine) => {
  const isOn = parseSwaps((await machine.read('/proc/swaps')) ?? '').some((swap) => swap.path === path)
  if (!isOn && (await machine.stat(path)) !== undefined) await machine.execute(['swapon', path])
  return undefined
}
