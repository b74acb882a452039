import type { PairFinding, PairReport } from '../../../../protocol/api/pair-report.ts'

export type Verdict = 'fine' | PairFinding['verdict']

/** From one node to another. */
export interface Pair {
  from: string
  to: string
  verdict: Verdict
  findings: readonly PairFinding[]
}

const WORST: readonly Verdict[] = ['fine', 'skipped', 'warn', 'fail']

/** Who reaches whom, by rows of the nodes that connect. A pair without a finding is fine, or was not in the sample. */
export function matrixOf({ findings }: Pick<PairReport, 'findings'>, names: readonly string[]): Pair[][] {
  const by = new Map<string, PairFinding[]>()
  for (const finding of findings) {
    for (const from of finding.from) {
      const key = `${from} ${finding.to}`
      by.set(key, [...(by.get(key) ?? []), finding])
    }
  }
  return names.map((from) =>
    names.map((to): Pair => {
      const found = by.get(`${from} ${to}`) ?? []
      return { from, to, verdict: worst(found), findings: found }
    }),
  )
}

const worst = (findings: readonly PairFinding[]): Verdict =>
  WORST[Math.max(0, ...findings.map(({ verdict }) => WORST.indexOf(verdict)))] ?? 'fine'
