import type { Condition } from './packet.ts'
import type { Action, BaseChain, Rule } from './walk.ts'

const HOOKS = { INPUT: 'input', FORWARD: 'forward', OUTPUT: 'output' } as const

/** The chains of the kernel's table `filter` in the output of iptables-save(8). */
export function parseIptables(dump: string, program: 'iptables' | 'iptables-legacy'): BaseChain[] {
  const [, table = ''] = /^\*filter\n([\s\S]*?)^COMMIT/m.exec(dump) ?? []
  const policies = new Map<string, string>()
  const rules = new Map<string, Rule[]>()
  for (const line of table.split('\n')) {
    const [, name, policy] = /^:(\S+) (\S+)/.exec(line) ?? []
    if (name !== undefined) policies.set(name, policy ?? '-')
    if (name !== undefined) rules.set(name, [])
    const [, chain, text] = /^-A (\S+) ?(.*)$/.exec(line) ?? []
    if (chain !== undefined) rules.get(chain)?.push(ruleOf(wordsOf(text ?? ''), rules))
  }
  return Object.entries(HOOKS).flatMap(([name, hook]) => {
    const own = rules.get(name)
    if (own === undefined) return []
    const policy = policies.get(name) === 'DROP' ? 'drop' : 'accept'
    return [{ hook, name, program, policy, rules: own, others: rules }]
  })
}

/** Words, with what stands in quotation marks (comments) as one. */
function wordsOf(text: string): string[] {
  return text.match(/"(?:\\.|[^"\\])*"|\S+/g) ?? []
}

/** What an option asks about; `-m NAME` of these modules asks nothing by itself. */
const OPTIONS: Record<string, Condition['of']> = {
  '-i': 'in',
  '-o': 'out',
  '-s': 'source',
  '-d': 'destination',
  '-p': 'protocol',
  '--src-range': 'source',
  '--dst-range': 'destination',
  '--dst-type': 'destinationType',
  '--dport': 'destinationPort',
  '--dports': 'destinationPort',
  '--sport': 'sourcePort',
  '--sports': 'sourcePort',
  '--ctstate': 'state',
  '--state': 'state',
}
const MODULES = ['comment', 'tcp', 'udp', 'multiport', 'conntrack', 'state', 'iprange', 'addrtype']

function ruleOf(words: readonly string[], chains: ReadonlyMap<string, unknown>): Rule {
  const conditions: Condition[] = []
  let isNot = false
  for (let at = 0; at < words.length; at += 1) {
    const [word = '', value = ''] = words.slice(at, at + 2)
    const negated = isNot
    isNot = word === '!'
    if (word === '-j' || word === '-g') return { conditions, action: actionOf(word, value, chains) }
    if (!word.startsWith('-')) continue
    conditions.push(...conditionsOf(word, words.slice(at + 1), negated))
    at += 1
  }
  return { conditions, action: { kind: 'continue' } }
}

function conditionsOf(option: string, [value = '', next = '']: readonly string[], isNot: boolean): Condition[] {
  const of = OPTIONS[option]
  const values = (/^--(ct)?state$|-type$/.test(option) ? value.toLowerCase() : value).split(',')
  if (of !== undefined) return [{ of, values, isNot }]
  if (option === '--comment' || (option === '-m' && MODULES.includes(value))) return []
  // How iptables writes --syn: the first packet of a connection.
  if (option === '--tcp-flags' && value === 'FIN,SYN,RST,ACK' && next === 'SYN')
    return [{ of: 'state', values: ['new'], isNot }]
  return [{ of: 'something', values: [''], isNot }]
}

function actionOf(option: string, target: string, chains: ReadonlyMap<string, unknown>): Action {
  if (chains.has(target)) return { kind: option === '-g' ? 'goto' : 'jump', chain: target }
  if (target === 'ACCEPT' || target === 'NFQUEUE') return { kind: 'accept' }
  if (target === 'DROP' || target === 'REJECT') return { kind: 'drop' }
  return { kind: target === 'RETURN' ? 'return' : 'continue' }
}
