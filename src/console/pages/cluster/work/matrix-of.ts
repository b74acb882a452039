import type { NodeView } from '../../../../protocol/api/nodes.ts'
import type { PairFinding, PairReport } from '../../../../protocol/api/pair-report.ts'

export type Verdict = 'fine' | 'unchecked' | PairFinding['verdict']

/** From one node to another. */
export interface Pair {
  from: string
  to: string
  verdict: Verdict
  findings: readonly PairFinding[]
}

type Report = Pick<PairReport, 'findings' | 'at'>
type Member = Pick<NodeView, 'name' | 'createdAt'>

const WORST: readonly Verdict[] = ['fine', 'skipped', 'unchecked', 'warn', 'fail']

/** Who reaches whom, by rows of the nodes that connect. A pair without a finding is fine, or was not in the sample. */
export function matrixOf(report: Report, nodes: readonly Member[]): Pair[][] {
  const by = new Map<string, PairFinding[]>()
  for (const finding of report.findings) {
    for (const from of finding.from) {
      const key = `${from} ${finding.to}`
      by.set(key, [...(by.get(key) ?? []), finding])
    }
  }
  const alone = new Map(nodes.map(({ name }) => [name, report.findings.filter((finding) => isOf(finding, name))]))
  const isNew = new Set(nodes.filter(({ createdAt }) => createdAt > report.at).map(({ name }) => name))
  return nodes.map(({ name: from }) =>
    nodes.map(({ name: to }): Pair => {
      const ofFrom = (alone.get(from) ?? []).filter(({ kind }) => kind === 'node')
      const findings = [...(by.get(`${from} ${to}`) ?? []), ...ofFrom, ...(alone.get(to) ?? [])]
      const verdicts = findings.map(verdictOf)
      if (isNew.has(from) || isNew.has(to)) verdicts.push('unchecked')
      return { from, to, verdict: worst(verdicts), findings }
    }),
  )
}

/** What a finding is about, as a title. */
export function titleOf({ kind, port, from, to }: PairFinding): string {
  const what = port ?? kind
  if (from.length > 0) return `${what} from ${from.join(', ')} to ${to}`
  return kind === 'node' ? `node ${to}` : `${what} of ${to}`
}

/** Whether a finding is about a node and not about a pair. Of a port that was skipped, several nodes can be named. */
const isOf = ({ from, to }: PairFinding, name: string): boolean => from.length === 0 && to.split(', ').includes(name)

/** A node with a finding of its own took no part, or not to the end. */
const verdictOf = ({ kind, from, verdict }: PairFinding): Verdict =>
  kind === 'node' && from.length === 0 ? 'unchecked' : verdict

const worst = (verdicts: readonly Verdict[]): Verdict =>
  WORST[Math.max(0, ...verdicts.map((verdict) => WORST.indexOf(verdict)))] ?? 'fine'
