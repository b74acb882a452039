import type { CheckParams } from '../../engine/checks/check.ts'
import type { Step } from '../../engine/step.ts'
import type { HostView } from '../../host/host.ts'
import { parseSysctlConf } from '../../host/parse/sysctl-conf.ts'
import { bootSettings } from './boot-settings.ts'
import { hasSeveralCards } from './network-cards.ts'
import { AT_LEAST, isOverridden, parameter, SET_BY_PROVISIONING, STRICT } from './parameters.ts'

/** Read after all other files, including those of the distribution (99-sysctl.conf). */
const FILE = '/etc/sysctl.d/zz-cantrip-precheck.conf'
const FILTER = 'net.ipv4.conf.all.rp_filter'
const LOOSE = '2'

export const fixStep: Step<CheckParams> = {
  id: 'mend/sysctl',
  title: 'Setting kernel parameters, now and at the next boot',
  async isDone(host) {
    const { now, atBoot } = await wanted(host)
    return now.length + atBoot.length === 0
  },
  async apply(host) {
    const { now, atBoot } = await wanted(host)
    const settings = new Map([...parseSysctlConf((await host.read(FILE)) ?? ''), ...now, ...atBoot])
    await host.write(FILE, [...settings].map(([key, value]) => `${key} = ${value}\n`).join(''))
    for (const [key, value] of now) await host.setSysctl(key, value)
  },
}

type Setting = readonly [key: string, value: string]

/** Parameters that provisioning sets itself only need a file that no later one overrides. */
async function wanted(host: HostView): Promise<{ now: Setting[]; atBoot: Setting[] }> {
  const [boot, limits, filter] = await Promise.all([
    bootSettings(host),
    Promise.all(AT_LEAST.map(({ key }) => parameter(host, key))),
    parameter(host, FILTER),
  ])
  const tooFew = AT_LEAST.filter(({ least }, i) => Number(limits[i]) < least)
  const isStrict = filter === STRICT && (await hasSeveralCards(host))
  const overridden = SET_BY_PROVISIONING.filter((key) => {
    const setting = boot.get(key)
    return setting !== undefined && isOverridden(setting)
  })
  return {
    now: [
      ...tooFew.map(({ key, least }): Setting => [key, String(least)]),
      ...(isStrict ? [[FILTER, LOOSE] as const] : []),
    ],
    atBoot: overridden.map((key) => [key, '1'] as const),
  }
}
