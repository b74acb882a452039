import type { CheckParams } from '../../engine/checks/check.ts'
import type { Step } from '../../engine/step.ts'
import { parseFstabSwaps } from '../../host/parse/swaps.ts'
import { SWAP_TARGET, swapSpace } from './find.ts'

const FSTAB = '/etc/fstab'

export const fixStep: Step<CheckParams> = {
  id: 'mend/swap',
  title: 'Turning swap off, now and at the next boot',
  async isDone(host) {
    const { active, inFstab, units } = await swapSpace(host)
    return active.length + inFstab.length + units.length === 0
  },
  async apply(host) {
    const { inFstab, units } = await swapSpace(host)
    const services = units.filter((name) => name.endsWith('.service'))
    if (inFstab.length > 0) {
      await host.write(FSTAB, withoutSwap((await host.read(FSTAB)) ?? ''))
      await host.daemonReload()
    }
    for (const name of services) await host.setUnit(name, { enabled: false, active: false })
    // As `systemctl mask` does: then nothing pulls in the units for swap partitions and zram-generator.conf.
    if (units.length > services.length || services.length + inFstab.length === 0) {
      await host.link('/dev/null', SWAP_TARGET)
      await host.daemonReload()
    }
    for (const { path } of (await swapSpace(host)).active) await host.run(['swapoff', path], { kind: 'swap', path })
  },
}

/** Comments the swap lines out. */
function withoutSwap(fstab: string): string {
  return fstab
    .split('\n')
    .map((line) => (parseFstabSwaps(line).length > 0 ? `#${line}` : line))
    .join('\n')
}
