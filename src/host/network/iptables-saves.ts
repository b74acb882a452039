import { askIfInstalled } from '../ask-if-installed.ts'
import type { HostView } from '../host.ts'

const LEGACY = [
  { kernelsList: '/proc/net/ip_tables_names', program: 'iptables-legacy' },
  { kernelsList: '/proc/net/ip6_tables_names', program: 'ip6tables-legacy' },
]

/** The iptables programs in use. Running another one would load a kernel module that nothing uses. */
export async function iptablesInUse(view: HostView): Promise<string[]> {
  const modules = (await view.read('/proc/modules')) ?? ''
  const lists = await Promise.all(LEGACY.map(({ kernelsList }) => view.read(kernelsList)))
  const legacy = LEGACY.filter((_, i) => lists[i]?.trim()).map(({ program }) => program)
  return modules === '' || /^nf_tables /m.test(modules) ? [...legacy, 'iptables-nft', 'ip6tables-nft'] : legacy
}

/** The rules of each program. Empty if it is not installed, or without permission. */
export async function iptablesSaves(view: HostView): Promise<{ program: string; text: string }[]> {
  const saves = await Promise.all(
    (await iptablesInUse(view)).map(async (program) => ({ program, text: await saveOf(view, program) })),
  )
  return saves.filter(({ text }) => text !== '')
}

async function saveOf(view: HostView, program: string): Promise<string> {
  const output = await askIfInstalled(view, [`${program}-save`], { maxBytes: 64 * 2 ** 20 })
  return output?.exitCode === 0 ? output.stdout : ''
}
