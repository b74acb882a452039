import type { Upgrade, UpgradedNode } from './record.ts'

/** Goes on: what failed is tried again, and drains get their time again. */
export function resumed(upgrade: Upgrade, now: Date): Upgrade {
  const later = new Date(now.getTime() + upgrade.drain.seconds * 1_000).toISOString()
  const nodes = upgrade.nodes.map(
    (node): UpgradedNode => ({
      ...node,
      deadline: node.phase === 'draining' ? later : node.deadline,
      waitingFor: null,
    }),
  )
  return { ...upgrade, state: 'running', error: null, etcd: null, nodes }
}

/** Nothing else begins; runs go on to their end. */
export const paused = (upgrade: Upgrade): Upgrade => ({ ...upgrade, state: 'paused' })

/** Ends it where it is: all nodes that it has cordoned are uncordoned, and nothing is reverted. */
export const cancelled = (upgrade: Upgrade): Upgrade => ({ ...upgrade, state: 'cancelling', error: null })
