import { CALICO_CHAINS, isMarkedByCalico, isPodChain, POD_NETWORKS } from '../../../base/kubernetes-names.ts'

interface Removal {
  /** For iptables-restore --noflush. */
  script: string
  /** `chain KUBE-SERVICES of nat`, and rules in chains of others as iptables-save prints them. */
  removed: string[]
}

/**
 * How our chains, and the rules that lead to them, go while every other rule stays. Undefined where the dump of
 * iptables-save holds nothing of ours. Pure.
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
  const others = chainsOfOthers(lines, networks)
  const calicos = prefixes.includes(CALICO_CHAINS) ? chainsOfCalico(lines) : new Set<string>()
  const ours = (chain: string | undefined) =>
    chain !== undefined && (calicos.has(chain) || (isPodChain(chain, prefixes) && !others(chain)))
  const chains = lines.flatMap((line) => /^:(\S+)/.exec(line)?.[1] ?? []).filter(ours)
  const jumps = lines.filter((line) => {
    const [, chain] = /^-A (\S+)/.exec(line) ?? []
    if (chain === undefined || ours(chain)) return false
    return ours(targetOf(line)) || (prefixes.includes(CALICO_CHAINS) && isMarkedByCalico(line))
  })
  if (chains.length === 0 && jumps.length === 0) return undefined
  const script = [
    `${name}\n`,
    // Naming a chain of one's own empties it, so that none of them refers to another one any more.
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

/** By the mark on what leads to them and on all that is in them. */
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

/** podman has used the same plugins for networks of its own; what leads to a chain says in a comment whose it is. */
function chainsOfOthers(lines: readonly string[], networks: readonly string[]): (chain: string) => boolean {
  const theirs = new Set<string>()
  for (const line of lines) {
    const [, network] = /name: \\"([^"\\]+)\\" id:/.exec(line) ?? []
    const target = targetOf(line)
    if (network !== undefined && target !== undefined && !networks.includes(network)) theirs.add(target)
  }
  return (chain) => {
    if (!chain.startsWith('CNI-')) return false
    return theirs.has(chain) || (SHARED.test(chain) && theirs.size > 0)
  }
}

/** The chain that a rule jumps or goes to; words inside of a quoted comment are none. */
function targetOf(rule: string): string | undefined {
  return / (?:-j|-g) (\S+)/.exec(rule.replace(/"(?:[^"\\]|\\.)*"/g, '""'))?.[1]
}
