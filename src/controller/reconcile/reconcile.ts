import { direct } from '../domain/director/director.ts'
import type { Draft } from '../domain/draft.ts'
import type { Node } from '../domain/records.ts'
import { ofCluster, ofEnrolments } from '../live/changes.ts'
import type {
  HasAnnouncements,
  HasAuthority,
  HasBundles,
  HasClock,
  HasLog,
  HasOperations,
  HasPeers,
  HasPresence,
  HasStore,
  HasTurns,
} from '../ports.ts'
import type { Part } from '../store/port.ts'
import { updateAgents } from './agents/update-agents.ts'
import { carryOut } from './carry-out.ts'
import { changeCluster, touchedBy } from './change-cluster.ts'
import { lookAtEtcd } from './etcd/look-at-etcd.ts'
import { retireThose } from './retire.ts'
import { followRules } from './rules/follow-rules.ts'
import { situationOf } from './situation-of.ts'
import { doTasks } from './upgrade/do-tasks.ts'

export type Reconciling = HasStore &
  HasClock &
  HasTurns &
  HasAuthority &
  HasBundles &
  HasPresence &
  HasOperations &
  HasPeers &
  HasAnnouncements &
  HasLog & {
    /** For work that continues after the request for which these are; default: these. */
    background?: Reconciling
  }

/** More rounds than any sequence of decisions needs. Beyond it, the director oscillates. */
const MAX_ROUNDS = 50

/**
 * Changes the cluster, then applies the director's decisions until there are none, and commits everything atomically. After
 * that, notifies nodes and long polls. Where another controller has the lease of the cluster, that one decides after the commit. `work` can be called more than once: see changeCluster.
 */
export async function reconcile<T>(
  ports: Reconciling,
  clusterId: string,
  work: (draft: Draft) => T,
  part?: Pick<Part, 'runs'>,
): Promise<{ result: T; draft: Draft } | undefined> {
  const decision = { peers: ports.peers, decide: (draft: Draft) => settle(ports, draft) }
  const done = await changeCluster(ports, clusterId, work, part, decision)
  if (!done) return undefined
  // What follows later is not done by the request.
  const later = ports.background ?? ports
  if (done.isDecided) {
    const again = (next: (draft: Draft) => void) => reconcile(later, clusterId, next)
    retireThose(later, done.draft, again)
    updateAgents(later, done.draft, again)
    doTasks(later, done.draft, again)
    lookAtEtcd(later, done.draft, again)
  }
  const touched = touchedBy(done.draft)
  for (const nodeId of touched) ports.presence.deliver(nodeId)
  if (done.draft.changes.length > 0) ports.changes.announce(...topicsOf(done.draft))
  return done
}

/**
 * Reconciles all clusters whose lease this controller has. `work` is done in each of them first. Also sends to connected nodes
 * what the store has for them: another controller may have committed it, or this one without an answer from the database.
 */
export async function reconcileAll(ports: Reconciling, work: (draft: Draft) => void = () => undefined): Promise<void> {
  const clusters = await ports.store.clusters()
  // A bundle that was imported meanwhile may be what the nodes of a cluster with rules wait for.
  if (clusters.some(({ rules }) => rules !== null)) await ports.bundles.refresh()
  for (const { id } of clusters) {
    const isOurs = (await ports.peers.leaseOf(id)) !== undefined
    const done = isOurs ? await reconcile(ports, id, work) : undefined
    const busy = new Set(done?.draft.runs.filter(({ state }) => state === 'open').map(({ nodeId }) => nodeId))
    // Of the runs of a cluster that another controller decides about nothing is known here.
    const mayWait = ({ id: nodeId }: Node) => (done ? busy.has(nodeId) : ports.presence.isConnected(nodeId))
    for (const node of done?.draft.nodes ?? (await ports.store.nodesOf(id)))
      if (mayWait(node) || ports.presence.isBehind(node)) ports.presence.deliver(node.id)
  }
}

/** Whatever can lead to an approval or the end of a wait for one. */
const ABOUT_ENROLMENTS = ['set-enrolment', 'add-enrolment', 'remove-node', 'remove-cluster', 'set-cluster']

function topicsOf({ cluster, changes }: Draft): string[] {
  const isAboutNodes = changes.some(
    (each) => ABOUT_ENROLMENTS.includes(each.change) || (each.change === 'set-node' && each.to.state !== undefined),
  )
  return [ofCluster(cluster.id), ...(isAboutNodes ? [ofEnrolments(cluster.id)] : [])]
}

function settle(ports: HasClock & HasPresence & HasAuthority & HasBundles, draft: Draft): void {
  for (let rounds = 0; rounds < MAX_ROUNDS; rounds++) {
    const situation = situationOf(ports, draft)
    if (followRules(ports, draft, situation)) continue
    const decisions = direct(situation)
    if (decisions.length === 0) return
    for (const decision of decisions) carryOut(ports, draft, situation, decision)
  }
  throw new Error(`the director does not settle for cluster ${draft.cluster.id}`)
}
