import { AgentError } from '../../base/agent-error.ts'
import type { Argv } from '../../host/argv.ts'
import type { HostView } from '../../host/host.ts'
import { iptablesInUse } from '../../host/network/iptables-saves.ts'
import type { Facts } from '../facts.ts'
import type { Observer } from './observer.ts'

const PATIENCE = { timeoutMs: 30_000, maxBytes: 64 * 2 ** 20 }
/** Tables that iptables-nft keeps in nftables, by its own names. */
const OF_IPTABLES = /^table (ip|ip6|arp|bridge) (filter|nat|mangle|raw|security|broute) /

/**
 * Every rule and chain, each by its text, without counters. Asking nftables would load its module where nothing uses it:
 * a machine without the module has no such rules.
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
  const dumps = await Promise.all(asked.map(async (argv) => ({ argv, dump: await answer(view, argv) })))
  for (const { argv, dump } of dumps) {
    const lines = argv[0] === 'nft' ? linesOfNft(dump) : linesOfIptables(argv[0] ?? '', dump)
    for (const line of lines) add(line)
  }
  return facts
}

/** A tool that is not there has made no rules that it alone could show. */
async function answer(view: HostView, argv: Argv): Promise<string> {
  try {
    const { exitCode, stdout, stderr } = await view.ask(argv, PATIENCE)
    if (exitCode === 0) return stdout
    throw new AgentError('snapshot/no-answer', `${argv[0]} ended with exit code ${exitCode}: ${stderr.trim()}`, {
      fix: 'run it by hand to see why',
    })
  } catch (error) {
    if (error instanceof AgentError && error.code === 'command/not-found') return ''
    throw error
  }
}

/** An empty chain of iptables' own that accepts is as good as none. */
export function linesOfIptables(tool: string, dump: string): string[] {
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

/** Tables of people and programs; those of iptables are told by iptables, in words that it takes back. */
export function linesOfNft(dump: string): string[] {
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
