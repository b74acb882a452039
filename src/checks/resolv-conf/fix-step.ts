import type { CheckParams } from '../../engine/checks/check.ts'
import type { Step } from '../../engine/step.ts'
import type { HostView } from '../../host/host.ts'
import { ownerOfResolvConf, RESOLV_CONF as PATH } from '../../host/network/resolv-conf-owner.ts'
import { parseResolvConf } from '../../host/parse/network/resolv-conf.ts'

/** Only if no program manages the file: it would write the option again. */
export const fixStep: Step<CheckParams> = {
  id: 'mend/resolv-conf',
  title: 'Removing rotate from the DNS configuration',
  isDone: async (host) => (await rotating(host)) === undefined,
  async apply(host) {
    const text = await rotating(host)
    if (text !== undefined) await host.write(PATH, text.replace(/^([ \t]*options\b.*?)[ \t]+rotate(?=\s|$)/gm, '$1'))
  },
}

/** The text of the file if it sets rotate and can be changed. */
async function rotating(host: HostView): Promise<string | undefined> {
  const text = await host.read(PATH)
  if (text === undefined || (await host.stat(PATH))?.kind !== 'file') return undefined
  if (!parseResolvConf(text).options.includes('rotate')) return undefined
  return (await ownerOfResolvConf(host)) === 'nobody' ? text : undefined
}
