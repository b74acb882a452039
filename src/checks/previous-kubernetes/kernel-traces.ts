import type { Argv } from '../../host/argv.ts'
import { askIfInstalled } from '../../host/ask-if-installed.ts'
import type { HostView } from '../../host/host.ts'
import { iptablesSaves } from '../../host/network/iptables-saves.ts'
import { listNftTables, type NftTable } from '../../host/network/nft-tables.ts'
import { CNI_CHAINS, PINNED, POD_CHAINS, POD_RULES, TABLES } from './traces.ts'

/** What a pod network leaves in the kernel until the next boot. */
export interface KernelTraces {
  /** By the program that manages them (iptables-nft, ip6tables-legacy …). */
  chains: readonly { program: string; names: readonly string[]; pattern: string }[]
  tables: readonly NftTable[]
  /** In the format of `ip rule`. */
  rules: readonly { family: '-4' | '-6'; text: string }[]
  /** Blackhole routes of Calico for the addresses of its pods. */
  routes: readonly string[]
  /** Paths of pinned programs and maps (BPF). */
  pinned: readonly string[]
}

/** @param isCniShared podman or nerdctl uses the CNI plugins as well, so chains of the plugins can belong to it */
export async function kernelTraces(host: HostView, isCniShared: boolean): Promise<KernelTraces> {
  const [saves, tables, rules4, rules6, routes, pinned] = await Promise.all([
    iptablesSaves(host),
    listNftTables(host),
    linesOf(host, ['ip', 'rule', 'show']),
    linesOf(host, ['ip', '-6', 'rule', 'show']),
    linesOf(host, ['ip', 'route', 'show', 'type', 'blackhole', 'proto', '80']),
    pinnedObjects(host),
  ])
  const known = isCniShared ? POD_CHAINS : [...POD_CHAINS, ...CNI_CHAINS]
  const chains = saves.map(({ program, text }) => ({ program, ...chainsIn(text, known) }))
  const knownRules = (family: '-4' | '-6', lines: string[]) =>
    lines.filter((text) => POD_RULES.some((rule) => rule.test(text))).map((text) => ({ family, text }))
  return {
    chains: chains.filter(({ names }) => names.length > 0),
    tables: tables.filter(({ name }) => TABLES.includes(name)),
    rules: [...knownRules('-4', rules4), ...knownRules('-6', rules6)],
    routes,
    pinned,
  }
}

/** The names of the known chains, and a pattern for awk that matches them. */
function chainsIn(save: string, known: readonly string[]): { names: string[]; pattern: string } {
  const all = [...save.matchAll(/^:(\S+) -/gm)].map(([, name = '']) => name)
  const isLike = (pattern: string, name: string) => new RegExp(`^(${pattern})$`).test(name)
  const names = all.filter((name) => known.some((pattern) => isLike(pattern, name)))
  const patterns = known.filter((pattern) => names.some((name) => isLike(pattern, name)))
  return { names, pattern: `^(${patterns.join('|')})$` }
}

async function pinnedObjects(host: HostView): Promise<string[]> {
  const found = await Promise.all(
    PINNED.map(async ({ directory, names }) =>
      ((await host.list(directory)) ?? []).filter((name) => names.test(name)).map((name) => `${directory}/${name}`),
    ),
  )
  return found.flat()
}

/** Empty if the program is not installed or fails. */
async function linesOf(host: HostView, argv: Argv): Promise<string[]> {
  const output = await askIfInstalled(host, argv)
  if (output?.exitCode !== 0) return []
  return output.stdout
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
}
