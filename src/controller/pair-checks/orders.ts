import { MAX_OPEN_MS, type PairCheckOrder } from '../../protocol/wire/pair-check.ts'
import type { PairPlan } from './plan.ts'

/** A node whose clock is off by more refuses the order, and the report shows it. */
const EXPIRES_MS = 3_600_000

/** The orders for the nodes of the plan; a node that neither dials nor is dialled gets none. */
export function ordersOf(plan: PairPlan, check: string, now: Date): PairCheckOrder[] {
  const byTarget = Map.groupBy(plan.rounds.flat(), ({ to }) => to.id)
  const byDialler = plan.rounds.map((dials) => Map.groupBy(dials, ({ from }) => from.id))
  const common = { order: 'pair-check', check, expiresAt: new Date(now.getTime() + EXPIRES_MS).toISOString() } as const
  return plan.nodes
    .map(
      (node): PairCheckOrder => ({
        ...common,
        node: node.id,
        closeAfterMs: MAX_OPEN_MS,
        address: node.address,
        listen: !node.isTaken,
        ports: [...new Set(byTarget.get(node.id)?.flatMap(({ ports }) => ports))],
        peers: (byTarget.get(node.id) ?? []).map(({ from }) => ({ node: from.id, address: from.address })),
        rounds: byDialler.map((dials) =>
          (dials.get(node.id) ?? []).map(({ to, ports }) => ({ node: to.id, address: to.address, ports })),
        ),
      }),
    )
    .filter(({ ports, rounds }) => ports.length > 0 || rounds.some((dials) => dials.length > 0))
}
