import { command } from '../../base/command.ts'
import type { KernelTraces } from './kernel-traces.ts'

/** Independent commands that remove what a pod network left in the kernel. A reboot has the same effect. */
export function removeKernelTraces(
  links: readonly string[],
  { chains, tables, rules, routes, pinned }: KernelTraces,
): string[] {
  // Deleting one end of a veth pair deletes the other one.
  const alone = links.filter((name) => name !== 'cilium_net' || !links.includes('cilium_host'))
  return [
    ...alone.map((name) => command`ip link delete ${name}`),
    ...chains.map(({ program, pattern }) => removeChains(program, pattern)),
    ...tables.map(({ family, name }) => command`nft delete table ${family} ${name}`),
    ...rules.flatMap(({ family, text }) => removeRule(family, text)),
    ...routes.map((text) => command`ip route delete ${text.split(/\s+/)}`),
    ...(pinned.length > 0 ? [command`rm -r ${pinned}`] : []),
  ]
}

/**
 * Converts the output of iptables-save into input for iptables-restore, which applies it atomically: naming a chain empties
 * it, then rules of other chains that jump to it are deleted, then the chains. All other rules remain.
 */
const REMOVAL = `/^[*]/ { print; n = 0 }
/^:/ && substr($1, 2) ~ names { print $1, "- [0:0]"; chain[++n] = substr($1, 2) }
/^-A/ && $2 !~ names { for (i = 3; i < NF; i++) if ($i ~ /^-[jg]$/ && $(i + 1) ~ names) { sub(/^-A/, "-D"); print; break } }
/^COMMIT/ { for (i = 1; i <= n; i++) print "-X", chain[i]; print }`.replaceAll('\n', '; ')

function removeChains(program: string, pattern: string): string {
  return command`${`${program}-save`} | awk -v names=${pattern} ${REMOVAL} | ${`${program}-restore`} --noflush`
}

/** `9:	from all fwmark 0x200/0xf00 lookup 2004`; the routes of a numbered table are removed, too. */
function removeRule(family: string, text: string): string[] {
  const [preference = '', ...words] = text.split(/:?\s+/)
  const [, table] = /\blookup (\d+)$/.exec(text) ?? []
  return [
    command`ip ${family} rule delete pref ${preference} ${words}`,
    ...(table === undefined ? [] : [command`ip ${family} route flush table ${table}`]),
  ]
}
