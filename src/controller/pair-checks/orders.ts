import { MAX_OPEN_MS, type PairCheckOrder } from '../../protocol/pair-check.ts'
import type { PairNode } from './needs.ts'
import type { PairPlan } from './plan.ts'

/** A node whose clock is off by more would refuse the order; that is told, too. */
const EXPIRES_MS = 3_600_000

/** What each node of the plan is told; one that neither dials nor is dialled is told nothing. */
export function ordersOf(plan: PairPlan, check: string, now: Date): PairCheckOrder[] {
  return plan.nodes
    .map((node) => orderOf(plan, node, check, now))
    .filter(({ ports, rounds }) => ports.length > 0 || rounds.some((dials) => dials.length > 0))
}

function orderOf({ rounds }: PairPlan, node: PairNode, check: string, now: Date): PairCheckOrder {
  const toIt = rounds.flat().filter(({ to }) => to.id === node.id)
  return {
    order: 'pair-check',
    check,
    node: node.id,
    expiresAt: new Date(now.getTime() + EXPIRES_MS).toISOString(),
    closeAfterMs: MAX_OPEN_MS,
    address: node.address,
    listen: !node.isTaken,
    ports: [...new Set(toIt.flatMap(({ ports }) => ports))],
    peers: toIt.map(({ from }) => ({ node: from.id, address: from.address })),
    rounds: rounds.map((dials) =>
      dials
        .filter(({ from }) => from.id === node.id)
        .map(({ to, ports }) => ({ node: to.id, address: to.address, ports })),
    ),
  }
}
