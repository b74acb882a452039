import { unavailableOf } from '../max-unavailable.ts'

/** Null: the node lacks the label. */
type Group = string | null

/** One group after the other, by the value of the label; nodes without it come last. */
export function byGroup(a: Group, b: Group): number {
  if (a === b) return 0
  if (a === null || b === null) return a === null ? 1 : -1
  return a < b ? -1 : 1
}

/** The wave of each node, the first one 1. A wave has nodes of one group, and a percentage is one of its group. */
export function wavesOf(groups: readonly Group[], maxUnavailable: string): number[] {
  const waves: number[] = []
  let last = 0
  for (const group of [...new Set(groups)].sort(byGroup)) {
    const members = groups.flatMap((each, at) => (each === group ? [at] : []))
    const atOnce = unavailableOf(maxUnavailable, members.length)
    for (const [index, at] of members.entries()) waves[at] = last + 1 + Math.floor(index / atOnce)
    last += Math.ceil(members.length / atOnce)
  }
  return waves
}
