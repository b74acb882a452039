import { command } from '../../base/command.ts'
import type { PairFinding } from '../../protocol/api/pair-report.ts'
import type { Timing } from '../../protocol/wire/pair-check.ts'
import { isMaster, type PairNode } from './needs.ts'
import { pairKey } from './reach.ts'

export interface Timed {
  from: PairNode
  to: PairNode
  timing: Timing
}

/** The same limits as for the clock of a node compared with the controller (check time-skew). */
const CLOCK = { warnMs: 300, failMs: 5_000 }
/** etcd.io/docs, "Tuning": the heartbeat interval (100 ms) should be about the round trip time between members. */
const MASTERS = { warnMs: 50, failMs: 100 }
const WORKERS = { warnMs: 200, failMs: Number.POSITIVE_INFINITY }
const MOST_LOST = 0.02

/** Round trips that are too slow for the roles of the two nodes. */
export function judgeLatency(timed: readonly Timed[]): PairFinding[] {
  // Both ends measure the same round trip.
  const ofPairs = new Map(timed.map((each) => [pairKey(each.from, each.to), each]))
  return [...ofPairs.values()].flatMap(({ from, to, timing }): PairFinding[] => {
    const { warnMs, failMs } = isMaster(from) && isMaster(to) ? MASTERS : WORKERS
    const { medianMs, p99Ms, lost, roundTrips } = timing
    const isLossy = lost / (lost + roundTrips) > MOST_LOST && lost > 1
    if (medianMs <= warnMs && !isLossy) return []
    const loss = lost > 0 ? `; ${lost} of ${lost + roundTrips} packets were lost` : ''
    return [
      {
        kind: 'latency',
        verdict: medianMs > failMs ? 'fail' : 'warn',
        from: [from.name],
        to: to.name,
        port: null,
        found: `round trips of ${short(medianMs)} (median), ${short(p99Ms)} (99th percentile)${loss}`,
        wanted: `at most ${warnMs} ms${isMaster(from) && isMaster(to) ? ' between masters, for etcd' : ''}, and none lost`,
        fix: command`ping -c 100 -i 0.2 ${to.address}`,
        on: from.name,
      },
    ]
  })
}

/** Clocks that differ from the median clock. */
export function judgeClocks(timed: readonly Timed[]): { findings: PairFinding[]; spreadMs: number | null } {
  const groups = clockGroups(timed).filter((group) => group.length > 1)
  const spreads = groups.map((group) => (group.at(-1)?.ms ?? 0) - (group[0]?.ms ?? 0))
  return { findings: groups.flatMap(clockFindings), spreadMs: spreads.length === 0 ? null : Math.max(...spreads) }
}

interface Clock {
  node: PairNode
  /** Compared with the first clock of the group. */
  ms: number
}

/** Groups of clocks that can be compared, directly or through others; the slowest first. */
function clockGroups(timed: readonly Timed[]): Clock[][] {
  const measured = timed.filter(({ timing }) => timing.offsetMs !== undefined)
  const edges = measured.flatMap(({ from, to, timing: { offsetMs = 0 } }) => [
    { from, to, ms: offsetMs },
    { from: to, to: from, ms: -offsetMs },
  ])
  const byNode = Map.groupBy(edges, ({ from }) => from.id)
  const seen = new Set<string>()
  const groups: Clock[][] = []
  for (const { from } of edges) {
    if (seen.has(from.id)) continue
    seen.add(from.id)
    const group: Clock[] = [{ node: from, ms: 0 }]
    for (const clock of group) {
      for (const { to, ms } of byNode.get(clock.node.id) ?? []) {
        if (seen.has(to.id)) continue
        seen.add(to.id)
        group.push({ node: to, ms: clock.ms + ms })
      }
    }
    groups.push(group.sort((a, b) => a.ms - b.ms))
  }
  return groups
}

function clockFindings(group: readonly Clock[]): PairFinding[] {
  const median = group[Math.floor((group.length - 1) / 2)]
  if (!median) return []
  return group.flatMap(({ node, ms }): PairFinding[] => {
    const offMs = ms - median.ms
    if (Math.abs(offMs) <= CLOCK.warnMs) return []
    return [
      {
        kind: 'clock',
        verdict: Math.abs(offMs) > CLOCK.failMs ? 'fail' : 'warn',
        from: [median.node.name],
        to: node.name,
        port: null,
        found: `its clock is ${short(Math.abs(offMs))} ${offMs > 0 ? 'ahead of' : 'behind'} that of ${median.node.name}`,
        wanted: `at most ${CLOCK.warnMs} ms between nodes`,
        fix: 'timedatectl set-ntp true; timedatectl timesync-status || chronyc tracking',
        on: node.name,
      },
    ]
  })
}

function short(ms: number): string {
  if (ms >= 1_000) return `${Math.round(ms / 100) / 10} s`
  return `${ms >= 10 ? Math.round(ms) : Math.round(ms * 100) / 100} ms`
}
