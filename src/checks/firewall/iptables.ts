import type { Condition } from './packet.ts'
import type { Action, BaseChain, Rule } from './walk.ts'

const HOOKS = { INPUT: 'input', FORWARD: 'forward', OUTPUT: 'output' } as const

/** The built-in chains of the table `filter` in the output of iptables-save(8). */
export function parseIptables(dump: string, program: 'iptables' | 'iptables-legacy'): BaseChain[] {
  const policies = new Map<string, string>()
  const rules = new Map<string, Rule[]>()
  for (const line of linesOfFilter(dump)) {
    const [, name, policy] = /^:(\S+) (\S+)/.exec(line) ?? []
    if (name !== undefined) policies.set(name, policy ?? '-')
    if (name !== undefined) rules.set(name, [])
    const [, chain, text] = /^-A (\S+)(?: ([\s\S]*))?$/.exec(line) ?? []
    if (chain !== undefined) rules.get(chain)?.push(ruleOf(wordsOf(text ?? ''), rules))
  }
  return Object.entries(HOOKS).flatMap(([name, hook]) => {
    const own = rules.get(name)
    if (own === undefined) return []
    const policy = policies.get(name) === 'DROP' ? 'drop' : 'accept'
    return [{ hook, name, program, policy, rules: own, others: rules }]
  })
}

/** The lines from `*filter` to its COMMIT; none if the output is truncated and has no COMMIT. */
function linesOfFilter(dump: string): string[] {
  const lines = dump.split('\n')
  const start = lines.indexOf('*filter') + 1
  const end = lines.findIndex((line, at) => at >= start && line.startsWith('COMMIT'))
  return start === 0 || end < 0 ? [] : lines.slice(start, end)
}

/** Splits at spaces; a quoted text (a comment) is one word. */
function wordsOf(text: string): string[] {
  return text.match(/"(?:\\.|[^"\\])*"|\S+/g) ?? []
}

/** What an option matches. Loading one of the modules with `-m NAME` matches nothing by itself. */
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
    const [word = '', value = '', next = ''] = words.slice(at, at + 3)
    const negated = isNot
    isNot = word === '!'
    if (word === '-j' || word === '-g') return { conditions, action: actionOf(word, value, chains) }
    if (!word.startsWith('-')) continue
    conditions.push(...conditionsOf(word, value, next, negated))
    at += 1
  }
  return { conditions, action: { kind: 'continue' } }
}

function conditionsOf(option: string, value: string, next: string, isNot: boolean): Condition[] {
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
