/**
 * What iptables-restore --noflush must be told so that our chains, and the rules that jump to them, are gone and
 * every other rule stays. Undefined where the dump of iptables-save holds nothing of ours. Pure.
 */
export function removalScript(
  dump: string,
  prefixes: readonly string[],
  networks?: readonly string[],
): string | undefined {
  const tables = dump
    .split(/^(?=\*)/m)
    .filter((table) => table.startsWith('*'))
    .flatMap((table) => removalOfTable(table.split('\n'), prefixes, networks))
  return tables.length === 0 ? undefined : tables.join('')
}

function removalOfTable(
  [name, ...lines]: string[],
  prefixes: readonly string[],
  networks?: readonly string[],
): string[] {
  const others = networks ? chainsOfOthers(lines, networks) : () => false
  const ours = (chain: string | undefined) =>
    chain !== undefined && prefixes.some((prefix) => chain.startsWith(prefix)) && !others(chain)
  const chains = lines.flatMap((line) => /^:(\S+)/.exec(line)?.[1] ?? []).filter(ours)
  const jumps = lines.filter((line) => {
    const [, chain] = /^-A (\S+)/.exec(line) ?? []
    return chain !== undefined && !ours(chain) && ours(targetOf(line))
  })
  if (chains.length === 0 && jumps.length === 0) return []
  return [
    `${name}\n`,
    // Naming a chain of one's own empties it, so that none of them refers to another one any more.
    ...chains.map((chain) => `:${chain} - [0:0]\n`),
    ...jumps.map((rule) => `-D${rule.slice(2)}\n`),
    ...chains.map((chain) => `-X ${chain}\n`),
    'COMMIT\n',
  ]
}

/** Of the CNI plugins `bridge` and `portmap`: one a container, one a container's ports, and those that all share. */
const OF_PLUGINS = /^CNI-([0-9a-f]{24}|[DS]N-\w+|HOSTPORT-\w+)$/
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
    return !OF_PLUGINS.test(chain) || theirs.has(chain) || (SHARED.test(chain) && theirs.size > 0)
  }
}

/** The chain that a rule jumps or goes to; words inside of a quoted comment are none. */
function targetOf(rule: string): string | undefined {
  return / (?:-j|-g) (\S+)/.exec(rule.replace(/"(?:[^"\\]|\\.)*"/g, '""'))?.[1]
}
