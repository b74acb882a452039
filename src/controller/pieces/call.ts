import type { Node } from '../domain/records.ts'
import type { HasPresence, HasStore } from '../ports.ts'

const MOST_CALLED = 8
const AGAIN_MS = 60_000
/** An agent starts a process, which reads what it has. */
const AWAITED_MS = 5_000

/** The calls to nodes of a cluster that have installed a bundle, for those that download it. */
export interface Calls {
  /** Calls some of them, at most once a minute. `isMember`: whether a node is in the swarm already. */
  make(asker: Node, bundle: string, isMember: (node: string) => boolean, nowMs: number): Promise<void>
  /** Whether nodes that were called may still come. Meanwhile, the controller sends nothing that they may have. */
  areAwaited(isMember: (node: string) => boolean, nowMs: number): boolean
}

export function openCalls(ports: HasStore & HasPresence, random: () => number = Math.random): Calls {
  let madeMs = Number.NEGATIVE_INFINITY
  let awaited: { nodes: readonly string[]; untilMs: number } | undefined

  const canHandOn = (node: Node, asker: Node): boolean =>
    node.id !== asker.id &&
    node.state === 'READY' &&
    node.facts?.os.arch === asker.facts?.os.arch &&
    ports.presence.capabilitiesOf(node.id)?.includes('frame/pieces') === true

  return {
    async make(asker, bundle, isMember, nowMs) {
      if (nowMs - madeMs < AGAIN_MS) return
      madeMs = nowMs
      const nodes = (await ports.store.nodesOf(asker.clusterId)).filter(
        (node) => canHandOn(node, asker) && !isMember(node.id),
      )
      const chosen = nodes
        .map(({ id }) => ({ id, rank: random() }))
        .sort((a, b) => a.rank - b.rank)
        .slice(0, MOST_CALLED)
        .filter(({ id }) => ports.presence.send(id, 'pieces', { bundle }))
        .map(({ id }) => id)
      awaited ??= { nodes: chosen, untilMs: nowMs + AWAITED_MS }
    },
    areAwaited(isMember, nowMs) {
      if (!awaited || nowMs >= awaited.untilMs || nowMs < awaited.untilMs - AWAITED_MS) return false
      return awaited.nodes.some((node) => !isMember(node))
    },
  }
}
