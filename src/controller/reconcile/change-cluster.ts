import { type Draft, openDraft } from '../domain/draft.ts'
import type { Peers } from '../peers/peers.ts'
import type { HasClock, HasPrecondition, HasStore, HasTurns } from '../ports.ts'
import type { Part } from '../store/port.ts'

/** How often a change is retried when another process has changed the cluster meanwhile. */
const TRIES = 100

/**
 * Loads the cluster, calls `work` to change it, and commits all changes atomically. Changes of one cluster are serialized
 * within this process. If another process commits first, `work` is called again with the new state, so it must have no other
 * side effect. Returns undefined if the cluster does not exist. `decision`: what follows from the change, if this controller has
 * the lease of the cluster; otherwise the one that has it is told.
 */
export async function changeCluster<T>(
  { store, turns, now, precondition }: HasStore & HasTurns & Pick<HasClock, 'now'> & HasPrecondition,
  clusterId: string,
  work: (draft: Draft) => T,
  part?: Part,
  decision?: { peers: Pick<Peers, 'leaseOf'>; decide(draft: Draft): void },
): Promise<{ result: T; draft: Draft; isDecided: boolean } | undefined> {
  return turns(clusterId, async () => {
    for (let attempt = 0; attempt < TRIES; attempt++) {
      const data = await store.load(clusterId, part)
      if (!data) return undefined
      const lease = await decision?.peers.leaseOf(clusterId, attempt > 0)
      if (precondition?.isMet === false) precondition.check(data)
      const draft = openDraft(data, now())
      const result = work(draft)
      const isDecided = decision !== undefined && lease !== undefined
      if (isDecided) decision.decide(draft)
      const done = { result, draft, isDecided }
      const isUndecided = decision !== undefined && !isDecided
      const expected = { clusterId, version: data.version, lease, touched: touchedBy(draft), isUndecided }
      if (draft.changes.length > 0 && !(await store.commit(draft.changes, expected))) continue
      if (precondition) precondition.isMet = true
      return done
    }
    throw new Error(`cluster ${clusterId} was changed by another process during each of ${TRIES} attempts`)
  })
}

/** Nodes for which there may be a message. */
export function touchedBy({ changes, runs, nodes }: Pick<Draft, 'changes' | 'runs' | 'nodes'>): string[] {
  const touched = changes.flatMap((each) => {
    if (each.change === 'set-cluster') return each.to.images === undefined ? [] : nodes.map(({ id }) => id)
    if (each.change === 'set-node') return [each.id]
    if (each.change === 'add-run') return [each.run.nodeId]
    return each.change === 'set-run' ? runs.filter(({ id }) => id === each.id).map(({ nodeId }) => nodeId) : []
  })
  return [...new Set(touched)]
}
