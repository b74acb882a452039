import { command } from '../../base/command.ts'
import type { Check, Verdict } from '../../engine/checks/check.ts'
import { type Finding, verdictOf } from '../../engine/checks/findings.ts'
import type { HostView } from '../../host/host.ts'
import { type BootSetting, bootSettings } from './boot-settings.ts'
import { hasSeveralCards } from './network-cards.ts'
import { AT_LEAST, isOverridden, parameter, SET_BY_PROVISIONING, STRICT } from './parameters.ts'

export const check: Check = {
  id: 'sysctl',
  title: 'Kernel parameters',
  hard: false,
  why: 'Provisioning enables forwarding and bridge filtering; the check reports files that disable them at the next boot. Too few inotify instances and watches cause "too many open files" in pods. Strict reverse path filtering drops packets on machines with several network cards.',
  remedy: 'Set the parameters that the check prints.',
  thresholds: [
    ...AT_LEAST.map(({ key, least }) => ({ of: key, warn: `less than ${least}` })),
    { of: 'net.ipv4.conf.all.rp_filter with several network cards', warn: STRICT },
  ],
  timeoutMs: 15_000,
  async look(host: HostView): Promise<Verdict> {
    const [boot, limits, filter, severalCards] = await Promise.all([
      bootSettings(host),
      Promise.all(AT_LEAST.map(async ({ key }) => Number(await parameter(host, key)))),
      parameter(host, 'net.ipv4.conf.all.rp_filter'),
      hasSeveralCards(host),
    ])
    const findings = [
      ...overridden(boot),
      ...AT_LEAST.flatMap(({ key, least }, i) => tooFew(key, limits[i], least)),
      ...(filter === STRICT && severalCards ? [STRICT_FILTER] : []),
    ]
    return verdictOf(findings, `${AT_LEAST.map(({ key }, i) => `${key} ${limits[i]}`).join(', ')}`)
  },
}

function overridden(boot: ReadonlyMap<string, BootSetting>): Finding[] {
  return SET_BY_PROVISIONING.flatMap((key) => {
    const setting = boot.get(key)
    if (setting === undefined || !isOverridden(setting)) return []
    const found = `${setting.file} sets ${key} to ${setting.value} at the next boot`
    const fix = command`sed -i -E --follow-symlinks ${`s/^\\s*-?\\s*(${key.replaceAll('.', '[./]')})\\s*=.*/\\1 = 1/`} ${setting.file}`
    return [{ kind: 'warn', found, wanted: `${key} 1`, fix }]
  })
}

/** A value of NaN means that this kernel has no such limit. */
function tooFew(key: string, value: number | undefined, least: number): Finding[] {
  if (value === undefined || Number.isNaN(value) || value >= least) return []
  const fix = command`echo ${`${key} = ${least}`} >> /etc/sysctl.d/90-inotify.conf && sysctl -w ${`${key}=${least}`}`
  return [{ kind: 'warn', found: `${key} ${value}`, wanted: `at least ${least}`, fix }]
}

const STRICT_FILTER: Finding = {
  kind: 'warn',
  found: 'net.ipv4.conf.all.rp_filter 1 (strict), and several network cards',
  wanted: '0 or 2 if replies can leave through another card',
  fix: "echo 'net.ipv4.conf.all.rp_filter = 2' > /etc/sysctl.d/95-rp-filter.conf && sysctl -w net.ipv4.conf.all.rp_filter=2",
}
