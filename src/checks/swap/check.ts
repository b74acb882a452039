import { command, inOrder } from '../../base/command.ts'
import type { Check, Verdict } from '../../engine/checks/check.ts'
import type { HostView } from '../../host/host.ts'
import type { Swap } from '../../host/parse/swaps.ts'
import { type SwapSpace, swapSpace } from './find.ts'

export const check: Check = {
  id: 'swap',
  title: 'Swap',
  hard: false,
  why: 'The kubelet does not start while swap is on, unless the configuration of the cluster sets failSwapOn: false. Provisioning checks that; here it is a warning.',
  remedy: 'Turn swap off now and in /etc/fstab.',
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    const space = await swapSpace(host)
    const { active, inFstab, units } = space
    const wanted = 'no swap, now and after the next boot, or failSwapOn: false in the configuration of the cluster'
    const fix = fixFor(space)
    if (active.length > 0) return { kind: 'warn', found: `on: ${active.map(described).join(', ')}`, wanted, fix }
    const atBoot = [...(inFstab.length > 0 ? [`${inFstab.join(', ')} in /etc/fstab`] : []), ...units]
    if (atBoot.length > 0) return { kind: 'warn', found: `off until the next boot: ${atBoot.join(', ')}`, wanted, fix }
    return { kind: 'pass', found: 'off' }
  },
}

function described({ path, kib }: Swap): string {
  return `${path} (${Math.round(kib / 1024)} MiB)`
}

const FSTAB = String.raw`sed -i.before-kubernetes -E 's/^\s*[^#[:space:]]\S*\s+\S+\s+swap\s/#&/' /etc/fstab`

/** Stops the services first: a service turns off its own swap when it stops, and would turn it on again while it runs. */
function fixFor({ active, inFstab, units }: SwapSpace): string {
  const services = units.filter((name) => name.endsWith('.service'))
  const isFromGenerator = units.length > services.length || (inFstab.length === 0 && services.length === 0)
  return inOrder(
    services.length > 0 ? command`systemctl disable --now ${services}` : undefined,
    active.length > 0 ? 'swapoff -a' : undefined,
    inFstab.length > 0 ? inOrder(FSTAB, 'systemctl daemon-reload') : undefined,
    // This target pulls in all swap that systemd turns on by itself: zram-generator, swap partitions, .swap units.
    isFromGenerator ? 'systemctl mask swap.target' : undefined,
  )
}
