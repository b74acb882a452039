import { isDeepStrictEqual } from 'node:util'
import type { Node, Place, Run } from './records.ts'
import type { Member } from './situation.ts'

/** The place of a node after a run that is not a repair: a repair leaves the node where it is, whatever its role is. */
export function placeAfter({
  role,
  state,
  progress,
  endedAt,
}: Pick<Run, 'role' | 'state' | 'progress' | 'endedAt'>): Place | 'none' {
  if (role !== 'first-master' && role !== 'master' && role !== 'worker') return 'none'
  if (state === 'done') return { task: role, reached: 'done', ...(endedAt !== null && { since: endedAt }) }
  const isAdmitted = progress.invited === true || progress.mayHaveJoined === true
  return { task: role, reached: isAdmitted && role !== 'first-master' ? 'admitted' : 'told' }
}

/** Undefined if it has none. The place in a record of an earlier build is read from its last run. */
export function placeOf({ node, run }: { node: Pick<Node, 'place'> } & Pick<Member, 'run'>): Place | undefined {
  const place = node.place ?? (run === null ? 'none' : placeAfter(run))
  return place === 'none' ? undefined : place
}

/** What a change of its last run that is not a repair makes of the place of a node; undefined if it stays as it is. */
export function placeChange(before: Run | undefined, after: Run): Place | 'none' | undefined {
  const to = placeAfter(after)
  return before !== undefined && isDeepStrictEqual(placeAfter(before), to) ? undefined : to
}
