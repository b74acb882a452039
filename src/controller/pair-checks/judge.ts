import type { PairFinding, PairReport } from '../../protocol/api/pair-report.ts'
import type { NodeAnswers } from './campaign.ts'
import { judgeNodes } from './judge-nodes.ts'
import { judgePorts } from './judge-ports.ts'
import { judgeSizes } from './judge-sizes.ts'
import { judgeClocks, judgeLatency, type Timed } from './judge-times.ts'
import type { PairPlan } from './plan.ts'
import { looksOf, pairKey } from './reach.ts'

export interface LeftOut {
  name: string
  because: string
  fix: string
}

const WEIGHT = { fail: 0, warn: 1, skipped: 2 }

/** Turns the answers of the nodes into findings, each with a fix. Pure. */
export function judge(
  plan: PairPlan,
  answers: ReadonlyMap<string, NodeAnswers>,
  leftOut: readonly LeftOut[],
): Omit<PairReport, 'cluster' | 'at' | 'ms'> {
  const dials = plan.rounds.flat()
  const looks = dials.flatMap((dial) => looksOf(dial, answers))
  const timed = dials.flatMap(({ from, to }): Timed[] => {
    const timing = answers.get(from.id)?.dialled.get(to.id)?.timing
    return timing ? [{ from, to, timing }] : []
  })
  const clocks = judgeClocks(timed)
  const findings = [
    ...judgeNodes(dials, answers),
    ...judgePorts(looks, answers),
    ...judgeSizes(dials, answers),
    ...judgeLatency(timed),
    ...clocks.findings,
    ...leftOut.map(leftOutFinding),
  ].sort((a, b) => WEIGHT[a.verdict] - WEIGHT[b.verdict])
  const pairs = new Map(dials.map(({ from, to }) => [pairKey(from, to), [from.name, to.name] as const]))
  return {
    nodes: plan.nodes.length,
    pairs: { checked: pairs.size, fine: fineOf([...pairs.values()], findings), of: plan.possiblePairs },
    latency: latencyOf(timed),
    clockSpreadMs: clocks.spreadMs,
    findings,
    hardFailures: findings.filter(({ verdict }) => verdict === 'fail').length,
  }
}

function leftOutFinding({ name, because, fix }: LeftOut): PairFinding {
  return {
    ...{ kind: 'node', verdict: 'warn', from: [], to: name, port: null, found: because, fix, on: null },
    wanted: 'a node that takes part',
  }
}

/** Pairs without a problem at either end; a skipped finding is not a problem. */
function fineOf(pairs: readonly (readonly [string, string])[], findings: readonly PairFinding[]): number {
  const problems = findings.filter(({ verdict }) => verdict !== 'skipped')
  const isOfNode = ({ kind }: PairFinding) => kind === 'node' || kind === 'clock'
  const nodes = new Set(problems.filter(isOfNode).map(({ to }) => to))
  const between = new Set(
    problems.flatMap(({ from, to }) => from.flatMap((each) => [`${each} ${to}`, `${to} ${each}`])),
  )
  return pairs.filter(([a, b]) => !nodes.has(a) && !nodes.has(b) && !between.has(`${a} ${b}`)).length
}

function latencyOf(timed: readonly Timed[]): PairReport['latency'] {
  if (timed.length === 0) return null
  const medians = timed.map(({ timing }) => timing.medianMs).sort((a, b) => a - b)
  const medianMs = medians[Math.floor((medians.length - 1) / 2)] ?? 0
  return { medianMs, p99Ms: Math.max(...timed.map(({ timing }) => timing.p99Ms)) }
}
