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

/** More rounds than any chain of decisions needs: beyond it the director contradicts itself. */
const MAX_ROUNDS = 50

/**
 * Changes the cluster, then lets the director decide until it has nothing left to say. Durable as a whole; then nodes and
 * watchers hear of it. `work` may be done more than once, and only the last time counts: see changeCluster.
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
 * `work`: what else is due in each of them. Connected nodes hear what the store holds for them: another process may have
 * committed it, or this one without learning that it had.
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

/** Nodes that may have to be told something. */
function touchedBy({ changes, runs }: Pick<Draft, 'changes' | 'runs'>): Set<string> {
  return new Set(
    changes.flatMap((each) => {
      if (each.change === 'set-node') return [each.id]
      if (each.change === 'add-run') return [each.run.nodeId]
      return each.change === 'set-run' ? runs.filter(({ id }) => id === each.id).map(({ nodeId }) => nodeId) : []
    }),
  )
}
