/**
 * What iptables-restore --noflush must be told so that our chains, and the rules that jump to them, are gone and
 * every other rule stays. Undefined where the dump of iptables-save holds nothing of ours. Pure.
 */
export function removalScript(dump: string, prefixes: readonly string[]): string | undefined {
  const tables = dump
    .split(/^(?=\*)/m)
    .filter((table) => table.startsWith('*'))
    .flatMap((table) => removalOfTable(table.split('\n'), prefixes))
  return tables.length === 0 ? undefined : tables.join('')
}

function removalOfTable([name, ...lines]: string[], prefixes: readonly string[]): string[] {
  const ours = (chain: string | undefined) => prefixes.some((prefix) => chain?.startsWith(prefix))
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

/** The chain that a rule jumps or goes to; words inside of a quoted comment are none. */
function targetOf(rule: string): string | undefined {
  return / (?:-j|-g) (\S+)/.exec(rule.replace(/"(?:[^"\\]|\\.)*"/g, '""'))?.[1]
}
