import { printable } from '../../../base/text/printable.ts'
import type { ClusterView } from '../../../protocol/api/clusters.ts'
import type { Problem } from '../../../protocol/api/nodes.ts'
import { age, localTime } from '../../kit/output.ts'

/** For each problem how long it has lasted, when it was last observed, and what to do about it. */
export function problemLines(problems: readonly Problem[], now: Date): string {
  const line = ({ message, fix, since, seenAt }: Problem) =>
    `[!] ${printable(message)} (for ${age(since, now)}, seen ${age(seenAt, now)} ago)\n${fix ? `    fix: ${printable(fix)}\n` : ''}`
  return problems.map(line).join('')
}

/** All problems in one table cell. */
export function problemCell(problems: readonly Problem[]): string {
  return problems.map(({ message }) => message).join('; ')
}

/** A suffix for the state: since when it is UNKNOWN, what a cluster waits for, or its problem. Empty for a READY cluster. */
export function notReadyReason({ state, unknownSince, waitingFor, problems }: ClusterView): string {
  if (unknownSince !== null) return ` since ${localTime(unknownSince)}: no report of the operator`
  const [first, ...others] = state === 'DEGRADED' ? problems : []
  const problem = first ? `: ${first.message}${others.length > 0 ? ` (and ${others.length} more)` : ''}` : ''
  return printable(`${problem}${waitingFor ? `, waiting for ${waitingFor}` : ''}`)
}
