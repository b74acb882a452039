import type { CheckParams } from '../../engine/check.ts'
import type { Step } from '../../engine/step.ts'
import { parseFstabSwaps } from '../../host/parse/swaps.ts'
import { swapSpace } from './find.ts'

const FSTAB = '/etc/fstab'
/** Empty, it switches the generator off: zram-generator.conf(5). */
const ZRAM_GENERATOR = '/etc/systemd/zram-generator.conf'

export const mend: Step<CheckParams> = {
  id: 'mend/swap',
  title: 'Turning swap off, for the next boot too',
  async isDone(host) {
    const { active, atBoot } = await swapSpace(host)
    return active.length + atBoot.length === 0
  },
  async apply(host) {
    const { active, atBoot } = await swapSpace(host)
    if (atBoot.length > 0) await host.write(FSTAB, withoutSwap((await host.read(FSTAB)) ?? ''))
    if (active.some(({ path }) => path.startsWith('/dev/zram'))) await host.write(ZRAM_GENERATOR, '')
    for (const { path } of active) await host.run(['swapoff', path], { kind: 'swap', path })
  },
}

/** The lines stay, as comments. */
function withoutSwap(fstab: string): string {
  return fstab
    .split('\n')
    .map((line) => (parseFstabSwaps(line).length > 0 ? `#${line}` : line))
    .join('\n')
}
