import type { PairFinding, PairReport } from '../../protocol/pair-report.ts'
import type { Told } from './campaign.ts'
import { judgePorts } from './judge-ports.ts'
import { judgeSizes } from './judge-sizes.ts'
import { judgeClocks, judgeLatency, type Timed } from './judge-times.ts'
import type { PairNode } from './needs.ts'
import type { PairPlan } from './plan.ts'
import { looksOf, pairKey } from './reach.ts'

export interface LeftOut {
  name: string
  because: string
  fix: string
}

const WEIGHT = { fail: 0, warn: 1, skipped: 2 }

/** What the nodes told, as findings with a fix each. Pure. */
export function judge(
  plan: PairPlan,
  told: ReadonlyMap<string, Told>,
  leftOut: readonly LeftOut[],
): Omit<PairReport, 'cluster' | 'at' | 'ms'> {
  const dials = plan.rounds.flat()
  const looks = dials.flatMap((dial) => looksOf(dial, told))
  const timed = dials.flatMap(({ from, to }): Timed[] => {
    const timing = told.get(from.id)?.dialled.get(to.id)?.timing
    return timing ? [{ from, to, timing }] : []
  })
  const clocks = judgeClocks(timed)
  const findings = [
    ...plan.nodes.flatMap((node) => judgeNode(node, plan, told)),
    ...judgePorts(looks, told),
    ...judgeSizes(dials, told),
    ...judgeLatency(timed),
    ...clocks.findings,
    ...leftOut.map(leftOutFinding),
  ].sort((a, b) => WEIGHT[a.verdict] - WEIGHT[b.verdict])
  const pairs = new Map(dials.map(({ from, to }) => [pairKey(from, to), [from.name, to.name]]))
  const fine = [...pairs.values()].filter(([a = '', b = '']) => !findings.some((finding) => isAbout(finding, a, b)))
  return {
    nodes: plan.nodes.length,
    pairs: { checked: pairs.size, fine: fine.length, of: plan.possiblePairs },
    latency: latencyOf(timed),
    clockSpreadMs: clocks.spreadMs,
    findings,
    hardFailures: findings.filter(({ verdict }) => verdict === 'fail').length,
  }
}

/** A node that could not do its part. */
function judgeNode(node: PairNode, plan: PairPlan, told: ReadonlyMap<string, Told>): PairFinding[] {
  const { refused, ports, dialled, heard } = told.get(node.id) ?? { dialled: new Map() }
  const takesPart = plan.rounds.flat().some(({ from, to }) => from.id === node.id || to.id === node.id)
  const finding = (found: string, fix: string): PairFinding => ({
    ...{ kind: 'node', verdict: 'fail', from: [], to: node.name, port: null, found, fix, on: node.name },
    wanted: 'a node that listens, dials, and tells',
  })
  const look = 'journalctl -u cantrip-agent -n 50'
  if (!takesPart) return []
  if (refused) return [finding(refused.message, refused.fix)]
  if (!ports) return [finding('it told nothing in time', look)]
  const failed = [...ports].find(([, { state }]) => state === 'failed')
  if (failed) return [finding(`it cannot listen on ${failed[0]}: ${failed[1].why ?? 'it did not say why'}`, look)]
  const wanted = plan.rounds.flat().filter(({ from }) => from.id === node.id)
  const missing = wanted.filter(({ to }) => !dialled.has(to.id)).length
  if (missing > 0) return [finding(`of ${wanted.length} nodes that it was to dial it did not tell of ${missing}`, look)]
  return heard ? [] : [finding('it fell silent before the end', look)]
}

function leftOutFinding({ name, because, fix }: LeftOut): PairFinding {
  return {
    ...{ kind: 'node', verdict: 'warn', from: [], to: name, port: null, found: because, fix, on: null },
    wanted: 'a node that takes part',
  }
}

function isAbout({ verdict, kind, from, to }: PairFinding, a: string, b: string): boolean {
  if (verdict === 'skipped') return false
  if (kind === 'node' || kind === 'clock') return to === a || to === b
  return (to === a && from.includes(b)) || (to === b && from.includes(a))
}

function latencyOf(timed: readonly Timed[]): PairReport['latency'] {
  if (timed.length === 0) return null
  const medians = timed.map(({ timing }) => timing.medianMs).sort((a, b) => a - b)
  const medianMs = medians[Math.floor((medians.length - 1) / 2)] ?? 0
  return { medianMs, p99Ms: Math.max(...timed.map(({ timing }) => timing.p99Ms)) }
}
