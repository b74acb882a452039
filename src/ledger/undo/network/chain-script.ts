import { CALICO_CHAINS, isMarkedByCalico, isPodChain } from '../../../base/kubernetes-names.ts'
import { POD_NETWORKS } from '../../../base/pod-network-traces.ts'

interface Removal {
  /** For iptables-restore --noflush. */
  script: string
  /** `chain KUBE-SERVICES of nat`, and rules in other chains as iptables-save prints them. */
  removed: string[]
}

/**
 * Removes the chains of pods and services, and the rules that jump to them, and keeps all other rules. Undefined if the
 * dump of iptables-save has no such chains. Pure.
 */
export function removalOf(dump: string, prefixes: readonly string[], networks = POD_NETWORKS): Removal | undefined {
  const tables = dump
    .split(/^(?=\*)/m)
    .filter((table) => table.startsWith('*'))
    .flatMap((table) => removalOfTable(table.split('\n'), prefixes, networks) ?? [])
  if (tables.length === 0) return undefined
  return {
    script: tables.map(({ script }) => script).join(''),
    removed: tables.flatMap(({ removed }) => removed),
  }
}

function removalOfTable(
  [name = '', ...lines]: string[],
  prefixes: readonly string[],
  networks: readonly string[],
): Removal | undefined {
  const isOfOthers = chainsOfOthers(lines, networks)
  const calicos = prefixes.includes(CALICO_CHAINS) ? chainsOfCalico(lines) : new Set<string>()
  const isOwn = (chain: string | undefined) =>
    chain !== undefined && (calicos.has(chain) || (isPodChain(chain, prefixes) && !isOfOthers(chain)))
  const chains = lines.flatMap((line) => /^:(\S+)/.exec(line)?.[1] ?? []).filter(isOwn)
  const jumps = lines.filter((line) => {
    const [, chain] = /^-A (\S+)/.exec(line) ?? []
    if (chain === undefined || isOwn(chain)) return false
    return isOwn(targetOf(line)) || (prefixes.includes(CALICO_CHAINS) && isMarkedByCalico(line))
  })
  if (chains.length === 0 && jumps.length === 0) return undefined
  const script = [
    `${name}\n`,
    // A line for a user-defined chain empties it, so that no chain refers to another one.
    ...chains.map((chain) => `:${chain} - [0:0]\n`),
    ...jumps.map((rule) => `-D${rule.slice(2)}\n`),
    ...chains.map((chain) => `-X ${chain}\n`),
    'COMMIT\n',
  ].join('')
  const table = name.slice(1)
  return {
    script,
    removed: [
      ...chains.map((chain) => `chain ${chain} of ${table}`),
      ...jumps.map((rule) => `rule ${rule} of ${table}`),
    ],
  }
}

/** Chains in which every rule, and every rule that jumps to them, has Calico's mark. */
function chainsOfCalico(lines: readonly string[]): Set<string> {
  const marked = new Set<string>()
  const unmarked = new Set<string>()
  for (const line of lines) {
    const [, chain = ''] = /^-A (\S+)/.exec(line) ?? []
    const isMarked = isMarkedByCalico(line)
    if (chain.startsWith(CALICO_CHAINS)) (isMarked ? marked : unmarked).add(chain)
    const target = targetOf(line)
    if (isMarked && target?.startsWith(CALICO_CHAINS)) marked.add(target)
  }
  return new Set([...marked].filter((chain) => !unmarked.has(chain)))
}

const SHARED = /^CNI-HOSTPORT-/

/** podman used the same plugins for its own networks. The comment of the rule that jumps to a chain names its network. */
function chainsOfOthers(lines: readonly string[], networks: readonly string[]): (chain: string) => boolean {
  const foreign = new Set<string>()
  for (const line of lines) {
    const [, network] = /name: \\"([^"\\]+)\\" id:/.exec(line) ?? []
    const target = targetOf(line)
    if (network !== undefined && target !== undefined && !networks.includes(network)) foreign.add(target)
  }
  return (chain) => {
    if (!chain.startsWith('CNI-')) return false
    return foreign.has(chain) || (SHARED.test(chain) && foreign.size > 0)
  }
}

/** The target of -j or -g, ignoring quoted comments. */
function targetOf(rule: string): string | undefined {
  return / (?:-j|-g) (\S+)/.exec(rule.replace(/"(?:[^"\\]|\\.)*"/g, '""'))?.[1]
}
