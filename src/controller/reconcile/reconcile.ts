import { direct } from '../domain/director/director.ts'
import type { Draft } from '../domain/draft.ts'
import type {
  HasAnnouncements,
  HasAuthority,
  HasBundles,
  HasClock,
  HasLog,
  HasOperations,
  HasPresence,
  HasStore,
  HasTurns,
} from '../ports.ts'
import type { Part } from '../store/port.ts'
import { carryOut } from './carry-out.ts'
import { changeCluster } from './change-cluster.ts'
import { retireThose } from './retire.ts'
import { situationOf } from './situation-of.ts'

export type Reconciling = HasStore &
  HasClock &
  HasTurns &
  HasAuthority &
  HasBundles &
  HasPresence &
  HasOperations &
  HasAnnouncements &
  HasLog

/** More rounds than any sequence of decisions needs. Beyond it, the director oscillates. */
const MAX_ROUNDS = 50

/**
 * Changes the cluster, then applies the director's decisions until there are none, and commits everything atomically. After
 * that, notifies nodes and long polls. `work` can be called more than once: see changeCluster.
 */
export async function reconcile<T>(
  ports: Reconciling,
  clusterId: string,
  work: (draft: Draft) => T,
  part?: Pick<Part, 'runs'>,
): Promise<{ result: T; draft: Draft } | undefined> {
  const done = await changeCluster(
    ports,
    clusterId,
    (draft) => {
      const result = work(draft)
      settle(ports, draft)
      return result
    },
    part,
  )
  if (!done) return undefined
  retireThose(ports, done.draft, (then) => reconcile(ports, clusterId, then))
  const touched = touchedBy(done.draft)
  for (const nodeId of touched) ports.presence.deliver(nodeId)
  if (done.draft.changes.length > 0) ports.changes.announce()
  return done
}

/**
 * Reconciles all clusters. `work` is done in each of them first. Also sends to connected nodes what the store has for them:
 * another process may have committed it, or this one without an answer from the database.
 */
export async function reconcileAll(ports: Reconciling, work: (draft: Draft) => void = () => undefined): Promise<void> {
  for (const { id } of await ports.store.clusters()) {
    const done = await reconcile(ports, id, work)
    for (const node of done?.draft.nodes ?? []) if (ports.presence.isConnected(node.id)) ports.presence.deliver(node.id)
  }
}

function settle(ports: HasClock & HasPresence & HasAuthority & HasBundles, draft: Draft): void {
  for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
    const situation = situationOf(ports, draft)
    const decisions = direct(situation)
    if (decisions.length === 0) return
    for (const decision of decisions) carryOut(ports, draft, situation, decision)
  }
  throw new Error(`the director does not settle for cluster ${draft.cluster.id}`)
}

/** Nodes for which there may be a message. */
function touchedBy({ changes, runs }: Pick<Draft, 'changes' | 'runs'>): Set<string> {
  return new Set(
    changes.flatMap((each) => {
      if (each.change === 'set-node') return [each.id]
      if (each.change === 'add-run') return [each.run.nodeId]
      return each.change === 'set-run' ? runs.filter(({ id }) => id === each.id).map(({ nodeId }) => nodeId) : []
    }),
  )
}
