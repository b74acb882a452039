import { command } from '../../base/command.ts'
import type { KernelTraces } from './kernel-traces.ts'

/** Commands that remove what a pod network has left in the kernel, each by itself. A reboot would do it as well. */
export function forgetKernelTraces(
  links: readonly string[],
  { chains, tables, rules, routes, pinned }: KernelTraces,
): string[] {
  // With one end of a pair the other one goes.
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
 * Turns what iptables-save shows into a script for iptables-restore: naming a chain empties it; then rules of other chains
 * that jump there go, then the chains. Whatever else there is stays, and all of it happens at once.
 */
const REMOVAL = `/^[*]/ { print; n = 0 }
/^:/ && substr($1, 2) ~ ours { print $1, "- [0:0]"; chain[++n] = substr($1, 2) }
/^-A/ && $2 !~ ours { for (i = 3; i < NF; i++) if ($i ~ /^-[jg]$/ && $(i + 1) ~ ours) { sub(/^-A/, "-D"); print; break } }
/^COMMIT/ { for (i = 1; i <= n; i++) print "-X", chain[i]; print }`.replaceAll('\n', '; ')

function removeChains(program: string, pattern: string): string {
  return command`${`${program}-save`} | awk -v ours=${pattern} ${REMOVAL} | ${`${program}-restore`} --noflush`
}

/** `9:	from all fwmark 0x200/0xf00 lookup 2004`; the routes of a numbered table go with it. */
function removeRule(family: string, text: string): string[] {
  const [preference = '', ...words] = text.split(/:?\s+/)
  const [, table] = /\blookup (\d+)$/.exec(text) ?? []
  return [
    command`ip ${family} rule delete pref ${preference} ${words}`,
    ...(table === undefined ? [] : [command`ip ${family} route flush table ${table}`]),
  ]
}
