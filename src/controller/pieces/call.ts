import type { Node } from '../domain/records.ts'
import type { HasPresence, HasStore } from '../ports.ts'

/** That hand on pieces, or were called a moment ago. */
const MOST_CALLED = 8
const LOOK_MS = 2_000
/** To the same node. */
const AGAIN_MS = 20_000
/** An agent starts a process, which reads what it has. */
const AWAITED_MS = 5_000

/** The calls to nodes of a cluster that have installed a bundle, for those that download it. */
export interface Calls {
  /** Calls some of them, unless enough are there. `isHolder`: whether a node hands on pieces already. */
  make(asker: Node, bundle: string, isHolder: (node: string) => boolean, nowMs: number): Promise<void>
  /** Whether nodes that were called may still come. Meanwhile, the controller sends nothing that they may have. */
  areAwaited(isHolder: (node: string) => boolean, nowMs: number): boolean
}

export function openCalls(ports: HasStore & HasPresence, random: () => number = Math.random): Calls {
  let lookedMs = Number.NEGATIVE_INFINITY
  const calledMs = new Map<string, number>()
  let awaited: { nodes: readonly string[]; untilMs: number } = { nodes: [], untilMs: Number.NEGATIVE_INFINITY }
  const came = new Set<string>()
  /** They did not come in time once, for example because they have another bundle: they are called, but not awaited. */
  const late = new Set<string>()

  const canHandOn = (node: Node, asker: Node): boolean =>
    node.id !== asker.id &&
    node.state === 'READY' &&
    node.facts?.os.arch === asker.facts?.os.arch &&
    ports.presence.capabilitiesOf(node.id)?.includes('frame/pieces') === true

  return {
    async make(asker, bundle, isHolder, nowMs) {
      if (nowMs - lookedMs < LOOK_MS) return
      lookedMs = nowMs
      const nodes = (await ports.store.nodesOf(asker.clusterId)).filter((node) => canHandOn(node, asker))
      const others = nodes.filter(({ id }) => {
        return !isHolder(id) && nowMs - (calledMs.get(id) ?? Number.NEGATIVE_INFINITY) >= AGAIN_MS
      })
      const missing = MOST_CALLED - (nodes.length - others.length)
      const chosen = others
        .map(({ id }) => ({ id, rank: random() }))
        .sort((a, b) => a.rank - b.rank)
        .slice(0, Math.max(0, missing))
        .filter(({ id }) => ports.presence.send(id, 'pieces', { bundle }))
        .map(({ id }) => id)
      if (chosen.length === 0) return
      for (const node of chosen) calledMs.set(node, nowMs)
      const isOver = nowMs >= awaited.untilMs
      if (isOver) for (const node of awaited.nodes) if (!came.has(node)) late.add(node)
      const earlier = isOver ? [] : awaited.nodes
      awaited = { nodes: [...earlier, ...chosen.filter((node) => !late.has(node))], untilMs: nowMs + AWAITED_MS }
    },
    areAwaited(isHolder, nowMs) {
      if (nowMs >= awaited.untilMs || nowMs < awaited.untilMs - AWAITED_MS) return false
      const here = awaited.nodes.filter(isHolder)
      for (const node of here) came.add(node)
      return here.length < awaited.nodes.length
    },
  }
}
