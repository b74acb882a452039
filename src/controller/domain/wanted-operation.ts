import type { OnBlocked, OperationOrder, OperationOutcome, Target } from '../../protocol/wire/operation.ts'

/** An operation that masters carry out for their cluster as long as it is wanted. */
export interface WantedOperation {
  /** Identifies it in its cluster. With another order under the same key it begins again. */
  key: string
  order: OperationOrder
  /** The time after which it is asked for again when it was done. Default: it is done once. */
  againMs?: number
}

/** The last answer to a wanted operation, and when it came. */
export interface Answered {
  answer: OperationOutcome
  at: Date
}

/** The deadline has to stay the same while the drain is wanted. */
export function drainOf(target: Target, { deadline, onBlocked }: { deadline: string; onBlocked: OnBlocked }) {
  return wanted(`drain ${target.name}`, { operation: 'cordon-and-drain', target, deadline, onBlocked })
}

/** Ends the cordon of `drainOf`, and no other. */
export const uncordonOf = (target: Target) =>
  wanted(`uncordon ${target.name}`, { operation: 'uncordon', target, onlyOwn: true })

export const moveLeaderTo = (target: Target) =>
  wanted(`move-leader ${target.name}`, { operation: 'move-leader', target })

export const checkUpgradeTo = (version: string) =>
  wanted(`check-upgrade ${version}`, { operation: 'check-upgrade', version })

/** Its answer is never much older than this. */
const STATUS_AGAIN_MS = 10_000
export const ETCD_STATUS = { ...wanted('etcd-status', { operation: 'etcd-status' }), againMs: STATUS_AGAIN_MS }

function wanted(key: string, order: OperationOrder): WantedOperation {
  return { key, order }
}
