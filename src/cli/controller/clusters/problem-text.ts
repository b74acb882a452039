import { printable } from '../../../base/text/printable.ts'
import type { ClusterView } from '../../../protocol/api/clusters.ts'
import type { Problem } from '../../../protocol/api/nodes.ts'
import { age } from '../../kit/output.ts'

/** A line a problem, with how long it has lasted and how old the look is that says so. */
export function problemLines(problems: readonly Problem[], now: Date): string {
  const line = ({ message, since, seenAt }: Problem) =>
    `[!] ${printable(message)} (for ${age(since, now)}, seen ${age(seenAt, now)} ago)\n`
  return problems.map(line).join('')
}

/** All of them in one cell. */
export function problemCell(problems: readonly Problem[]): string {
  return problems.map(({ message }) => message).join('; ')
}

/** What a cluster that is not READY waits for, or what is wrong with it; nothing where it is. */
export function lackOf({ state, waitingFor, problems }: ClusterView): string {
  const [first, ...others] = state === 'DEGRADED' ? problems : []
  const wrong = first ? `: ${first.message}${others.length > 0 ? ` (and ${others.length} more)` : ''}` : ''
  return printable(`${wrong}${waitingFor ? `, waiting for ${waitingFor}` : ''}`)
}
