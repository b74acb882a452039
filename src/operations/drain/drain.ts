import { poll, type RetryPolicy } from '../../base/retry.ts'
import { limit } from '../../base/tasks/limit.ts'
import type { HostView } from '../../host/host.ts'
import { type HeldPod, MAX_HELD_PODS, type OnBlocked } from '../../protocol/wire/operation.ts'
import { read } from '../ask.ts'
import { deleteByForce, type Ended, evict, heldPod } from './evict.ts'
import { hasToMove, isEnding, isManaged, type Pod } from './pods.ts'

export interface DrainOptions {
  /** Undefined: there is none. */
  deadline?: Date
  /** What happens at the deadline. */
  onBlocked: OnBlocked
  /** Also evicts pods that no controller creates again: their node does not come back. */
  unmanaged: 'evict' | 'hold'
}

export interface Drained {
  /** How many pods still have to move. */
  moving: number
  /** Those of them that cannot. */
  held: HeldPod[]
  isPastDeadline: boolean
  /** Nothing is left to wait for: all have moved, or are to stay. */
  isDone: boolean
}

/** Shorter than the time limit of an operation; the controller requests again what takes longer. */
const ROUNDS: RetryPolicy = { firstMs: 500, factor: 1.5, longestMs: 4_000, withinMs: 8_000 }
const REQUESTS_AT_ONCE = 20
/** Longer grace periods are cut by force. */
const LONG_GRACE_MS = 30_000

/**
 * Moves the pods of a cordoned node to others, through evictions, all at the same time. Does not touch pods of DaemonSets, static
 * pods, and pods that have ended. Returns after some seconds in any case, and is to be repeated until `isDone`. Undefined if the
 * API does not answer.
 */
export async function drain(host: HostView, node: string, options: DrainOptions): Promise<Drained | undefined> {
  let last: Drained | undefined
  await poll(
    ROUNDS,
    async () => {
      last = await oneRound(host, node, options)
      return last === undefined || last.isDone ? true : undefined
    },
    { clock: host },
  )
  return last
}

async function oneRound(host: HostView, node: string, options: DrainOptions): Promise<Drained | undefined> {
  const path = `/api/v1/pods?fieldSelector=${encodeURIComponent(`spec.nodeName=${node}`)}`
  const list = await read<{ items: Pod[] }>(host, path)
  if (!list) return undefined
  const now = host.now()
  const { deadline, onBlocked } = options
  const isPastDeadline = deadline !== undefined && now >= deadline
  const pods = list.items.filter((pod) => hasToMove(pod, now))
  const inTurn = limit(REQUESTS_AT_ONCE)
  const end = isPastDeadline && onBlocked === 'force' ? endByForce : endGently
  const ended = await Promise.all(pods.map((pod) => inTurn(() => end(host, pod, options))))
  const held = ended.flatMap((each, index) => {
    if (typeof each === 'object') return [each]
    const pod = pods[index]
    return isPastDeadline && pod && isEnding(pod)
      ? [heldPod(pod, `it ends until ${pod.metadata.deletionTimestamp}`)]
      : []
  })
  const areLeft = isPastDeadline && onBlocked === 'skip' && held.length === pods.length
  return {
    moving: pods.length,
    held: held.slice(0, MAX_HELD_PODS),
    isPastDeadline,
    isDone: pods.length === 0 || areLeft,
  }
}

async function endGently(host: HostView, pod: Pod, { unmanaged }: DrainOptions): Promise<Ended> {
  if (isEnding(pod)) return 'ending'
  if (unmanaged === 'hold' && !isManaged(pod)) return heldPod(pod, 'no controller creates it again elsewhere')
  return evict(host, pod)
}

async function endByForce(host: HostView, pod: Pod): Promise<Ended> {
  const { deletionTimestamp } = pod.metadata
  const isSoon =
    deletionTimestamp !== undefined && Date.parse(deletionTimestamp) - host.now().getTime() <= LONG_GRACE_MS
  return isSoon ? 'ending' : deleteByForce(host, pod)
}

/** What a drain waits for, for people: the pods that cannot move come first. */
export function waitText(node: string, { moving, held, isPastDeadline }: Drained): string {
  const few = held.slice(0, 5).map(({ namespace, name, budgets, reason }) => {
    const by = budgets.length > 0 ? `disruption budget ${budgets.join(' and ')}: ` : ''
    return `${namespace}/${name} (${by}${reason})`
  })
  const more = held.length > few.length ? [`${held.length - few.length} more`] : []
  const those = few.length > 0 ? `: ${[...few, ...more].join(', ')}` : ''
  const since = isPastDeadline ? ', although the deadline is over' : ''
  return `${moving} ${moving === 1 ? 'pod' : 'pods'} of ${node} to move to other nodes${since}${those}`.slice(0, 2_000)
}
