import type { Entry, Ruleset, Statement, Value } from './nft-json.ts'
import { alternativesOf, elementsOf, type LookUp, SOMETHING } from './nft-match.ts'
import type { Condition } from './packet.ts'
import type { Action, BaseChain, Rule } from './walk.ts'

const FAMILIES = ['ip', 'inet']
/** Statements that neither match packets nor end the rule. */
const NO_OPERATIONS = ['counter', 'log', 'mangle', 'notrack', 'ct helper']
const VERDICTS: Record<string, 'accept' | 'drop' | 'return' | 'continue'> = {
  accept: 'accept',
  queue: 'accept',
  drop: 'drop',
  reject: 'drop',
  return: 'return',
  continue: 'continue',
}

/** The base chains of type `filter` for IPv4 in the output of `nft -j list ruleset`. */
export function parseNft(json: string): BaseChain[] {
  const { nftables = [] } = JSON.parse(json) as Ruleset
  const all = <K extends keyof Entry>(kind: K) =>
    nftables.flatMap((entry) =>
      FAMILIES.includes(entry[kind]?.family ?? '') ? [entry[kind] as NonNullable<Entry[K]>] : [],
    )
  const tableOf = ({ family, table }: { family: string; table: string }) => `${family} ${table}`

  const sets = new Map([...all('set'), ...all('map')].map((set) => [`${tableOf(set)} ${set.name}`, set.elem ?? []]))
  const tables = new Map<string, Map<string, Rule[]>>()
  for (const chain of all('chain')) {
    const table = tables.get(tableOf(chain)) ?? new Map<string, Rule[]>()
    tables.set(tableOf(chain), table.set(chain.name, []))
  }
  for (const rule of all('rule')) {
    const parsed = rulesOf(rule.expr ?? [], (name) => sets.get(`${tableOf(rule)} ${name}`))
    const rules = tables.get(tableOf(rule))?.get(rule.chain)
    for (const each of parsed) rules?.push(each)
  }
  return all('chain').flatMap((chain): BaseChain[] => {
    const { hook, type, policy = 'accept', name } = chain
    if (type !== 'filter' || (hook !== 'input' && hook !== 'forward' && hook !== 'output')) return []
    const others = tables.get(tableOf(chain)) ?? new Map<string, Rule[]>()
    return [{ hook, policy, name: `${tableOf(chain)} ${name}`, program: 'nft', rules: others.get(name) ?? [], others }]
  })
}

/**
 * A rule with a verdict map or a set of concatenations is expanded to one rule for each element. Above this limit it counts
 * as a rule that cannot be evaluated.
 */
const MOST_ALTERNATIVES = 10_000

type Alternatives = readonly (readonly Condition[])[]

function rulesOf(statements: readonly Statement[], lookUp: LookUp): Rule[] {
  let rules: Rule[] = []
  let alternatives: Alternatives = [[]]
  for (const statement of statements) {
    const action = actionOf(statement)
    if (action !== undefined) rules = [...rules, ...rulesFor(alternatives, action)]
    else if (statement.match) alternatives = both(alternatives, alternativesOf(statement.match, lookUp))
    else if (statement.vmap) rules = [...rules, ...mapped(statement.vmap, lookUp, alternatives)]
    else if (!NO_OPERATIONS.some((name) => name in statement)) alternatives = both(alternatives, [[SOMETHING]])
  }
  return rules
}

function both(before: Alternatives, more: Alternatives): Alternatives {
  const known = before.length * more.length > MOST_ALTERNATIVES ? [[SOMETHING]] : more
  return before.flatMap((conditions) => known.map((others) => [...conditions, ...others]))
}

function mapped({ key, data }: NonNullable<Statement['vmap']>, lookUp: LookUp, alternatives: Alternatives): Rule[] {
  const elements = (elementsOf(data, lookUp) ?? []).flatMap((element) => {
    const [value, verdict] = element as [Value, Statement]
    const action = actionOf(verdict)
    return action === undefined ? [] : [{ value, action }]
  })
  if (elements.length * alternatives.length > MOST_ALTERNATIVES)
    return eachOnce(elements.map(({ action }) => action)).flatMap((action) =>
      rulesFor(both(alternatives, [[SOMETHING]]), action),
    )
  return elements.flatMap(({ value, action }) =>
    rulesFor(both(alternatives, alternativesOf({ op: '==', left: key, right: { set: [value] } }, lookUp)), action),
  )
}

const rulesFor = (alternatives: Alternatives, action: Action): Rule[] =>
  alternatives.map((conditions) => ({ conditions, action }))
const eachOnce = (actions: readonly Action[]) => [
  ...new Map(actions.map((each) => [JSON.stringify(each), each])).values(),
]

function actionOf(statement: Statement): Action | undefined {
  if (statement.jump) return { kind: 'jump', chain: statement.jump.target }
  if (statement.goto) return { kind: 'goto', chain: statement.goto.target }
  if (statement.xt?.type === 'target') return { kind: statement.xt.name === 'REJECT' ? 'drop' : 'continue' }
  const kind = VERDICTS[Object.keys(statement)[0] ?? '']
  return kind === undefined ? undefined : { kind }
}
