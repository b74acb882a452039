import { command } from '../base/command.ts'

/**
 * A command that removes or adds a rule, chain or table, in the notation of look-at-firewall: `iptables-nft -t nat -A …`,
 * `iptables-nft -t nat chain X`, `… chain INPUT, else DROP`, `nft table inet x …`.
 */
export function withoutRule(what: string): string {
  const chain = chainOf(what)
  if (chain?.policy !== undefined) return command`${chain.program} -t ${chain.table} -P ${chain.name} ACCEPT`
  // Not -F: a chain that has rules is in use.
  if (chain !== undefined) return command`${chain.program} -t ${chain.table} -X ${chain.name}`
  const [program = '', ...rest] = words(what)
  if (program !== 'nft') return command`${[program, ...rest.map((word) => (word === '-A' ? '-D' : word))]}`
  const table = rest.slice(0, 3)
  return rest.length === 3 ? command`nft delete ${table}` : command`nft --handle list ${table}`
}

export function withRule(what: string): string {
  const chain = chainOf(what)
  if (chain !== undefined)
    return chain.policy === undefined
      ? command`${chain.program} -t ${chain.table} -N ${chain.name}`
      : command`${chain.program} -t ${chain.table} -P ${chain.name} ${chain.policy}`
  const [program = '', ...rest] = words(what)
  if (program !== 'nft') return command`${[program, ...rest]}`
  return rest.length === 3 ? command`nft add ${rest}` : `load it again from its source: ${what}`
}

function chainOf(what: string): { program: string; table: string; name: string; policy?: string } | undefined {
  const [, program, table, name, policy] = /^(\S+) -t (\S+) chain (\S+?)(?:, else (\S+))?$/.exec(what) ?? []
  if (program === undefined || table === undefined || name === undefined) return undefined
  return { program, table, name, ...(policy === undefined ? {} : { policy }) }
}

/** iptables-save quotes words with spaces; a backslash escapes the next character. */
function words(line: string): string[] {
  return [...line.matchAll(/"((?:[^"\\]|\\.)*)"|\S+/g)].map(([word, quoted]) => quoted?.replace(/\\(.)/g, '$1') ?? word)
}
