import type { Check, Verdict } from '../../engine/check.ts'
import type { HostView } from '../../host/host.ts'
import type { Swap } from '../../host/parse/swaps.ts'
import { swapSpace } from './find.ts'

export const check: Check = {
  id: 'swap',
  title: 'Swap',
  hard: false,
  why: 'A kubelet does not start while swap is on, unless the configuration of the cluster says failSwapOn: false. That is looked at when Kubernetes is brought up; here it is a warning.',
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    const { active, atBoot } = await swapSpace(host)
    const wanted = 'no swap, now and after the next boot, or failSwapOn: false in the configuration of the cluster'
    if (active.length > 0)
      return { kind: 'warn', found: `on: ${active.map(described).join(', ')}`, wanted, fix: fixFor(active, atBoot) }
    if (atBoot.length > 0)
      return { kind: 'warn', found: `off until the next boot: ${atBoot.join(', ')} in /etc/fstab`, wanted, fix: FSTAB }
    return { kind: 'pass', found: 'off' }
  },
}

function described({ path, kib }: Swap): string {
  return `${path} (${Math.round(kib / 1024)} MiB)`
}

const FSTAB = String.raw`sed -i.before-kubernetes -E 's/^([^#]\S*\s+\S+\s+swap\s)/#\1/' /etc/fstab`

function fixFor(active: readonly Swap[], atBoot: readonly string[]): string {
  const compressed = active.filter(({ path }) => path.startsWith('/dev/zram'))
  return [
    'swapoff -a',
    ...(atBoot.length > 0 ? [FSTAB] : []),
    // An empty file of this name switches the generator off, see zram-generator.conf(5).
    ...(compressed.length > 0 ? ['touch /etc/systemd/zram-generator.conf'] : []),
    ...(atBoot.length + compressed.length === 0 ? ['systemctl mask swap.target'] : []),
  ].join(' && ')
}
