import type { HostView } from '../../host/host.ts'
import { parseFstabSwaps, parseSwaps, type Swap } from '../../host/parse/swaps.ts'

export interface SwapSpace {
  active: Swap[]
  /** Sources that fstab turns on at the next boot. */
  atBoot: string[]
}

export async function swapSpace(host: HostView): Promise<SwapSpace> {
  const [swaps = '', fstab = ''] = await Promise.all([host.read('/proc/swaps'), host.read('/etc/fstab')])
  return { active: parseSwaps(swaps), atBoot: parseFstabSwaps(fstab) }
}
