import type { Argv } from '../../host/argv.ts'
import { askIfInstalled } from '../../host/ask-if-installed.ts'
import type { HostView } from '../../host/host.ts'
import { iptablesInUse } from '../../host/network/iptables-saves.ts'
import type { Facts } from '../facts.ts'
import { requireSuccess } from './look-at-system.ts'
import type { Observer } from './observer.ts'

const LIMITS = { timeoutMs: 30_000, maxBytes: 64 * 2 ** 20 }
/** Tables of iptables-nft. */
const OF_IPTABLES = /^table (ip|ip6|arp|bridge) (filter|nat|mangle|raw|security|broute) /

/**
 * Every rule and chain by its text, without counters. nft runs only if iptables-nft is in use, because it would load the
 * module, and a machine without the module has no nftables rules.
 */
export async function lookAtFirewall({ view }: Observer): Promise<Facts> {
  const facts: Facts = {}
  const add = (line: string) => {
    const times = Number(/\d+/.exec(facts[line] ?? '0')?.[0]) + 1
    facts[line] = times === 1 ? 'a rule' : `${times} rules alike`
  }
  const programs = await iptablesInUse(view)
  const asked: Argv[] = programs.map((program) => [`${program}-save`])
  if (programs.includes('iptables-nft')) asked.push(['nft', '-s', '-t', 'list', 'ruleset'])
  const dumps = await Promise.all(asked.map(async (argv) => ({ argv, dump: await outputOf(view, argv) })))
  for (const { argv, dump } of dumps) {
    const lines = argv[0] === 'nft' ? linesOfNft(dump) : linesOfIptables(argv[0] ?? '', dump)
    for (const line of lines) add(line)
  }
  return facts
}

/** A tool that is not installed has created no rules. */
async function outputOf(view: HostView, argv: Argv): Promise<string> {
  const output = await askIfInstalled(view, argv, LIMITS)
  return output === undefined ? '' : requireSuccess(output, argv)
}

/** Omits built-in chains with policy ACCEPT, which exist without any rule. */
function linesOfIptables(tool: string, dump: string): string[] {
  const program = tool.replace(/-save$/, '')
  let table = ''
  return dump.split('\n').flatMap((line) => {
    if (line.startsWith('*')) table = line.slice(1)
    if (line.startsWith('-')) return [`${program} -t ${table} ${line}`]
    const [, chain, policy] = /^:(\S+) (\S+)/.exec(line) ?? []
    if (chain === undefined || policy === 'ACCEPT') return []
    return [`${program} -t ${table} chain ${chain}${policy === '-' ? '' : `, else ${policy}`}`]
  })
}

/** Omits the tables of iptables-nft, which iptables-save prints in a form that iptables accepts. */
function linesOfNft(dump: string): string[] {
  const found: string[] = []
  const above: string[] = []
  let isOfIptables = false
  for (const raw of dump.split('\n')) {
    const line = raw.trim()
    if (line === '' || line.startsWith('#')) continue
    if (line === '}') {
      above.pop()
      continue
    }
    if (above.length === 0) isOfIptables = OF_IPTABLES.test(line)
    if (!isOfIptables) found.push(['nft', ...above, line.replace(/ \{$/, '')].join(' '))
    if (line.endsWith('{')) above.push(line.slice(0, -2))
  }
  return found
}
