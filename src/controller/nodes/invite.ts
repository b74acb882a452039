import { AgentError } from '../../base/agent-error.ts'
import type { InvitationResponse } from '../../protocol/api/agents.ts'
import { refusal } from '../domain/admission.ts'
import { turnOf } from '../domain/director/turn.ts'
import { type ClusterData, type Draft, runIn } from '../domain/draft.ts'
import type { Node } from '../domain/records.ts'
import { lastRun } from '../domain/shape.ts'
import type { Member } from '../domain/situation.ts'
import { type Changes, ofCluster } from '../live/changes.ts'
import type {
  HasAnnouncements,
  HasAuthority,
  HasClock,
  HasOperations,
  HasPresence,
  HasStore,
  HasTurns,
} from '../ports.ts'
import { changeCluster } from '../reconcile/change-cluster.ts'
import { situationOf } from '../reconcile/situation-of.ts'

type Ports = HasStore & HasTurns & HasClock & HasPresence & HasAuthority & HasOperations & HasAnnouncements

/**
 * Gets the invitation of a node from a master. It is sealed to the node, so the controller cannot read it. Waits up to
 * `waitMs` for the node's turn. Throws if the node has no instruction to join.
 */
export async function invite(
  ports: Ports,
  { id, clusterId }: Pick<Node, 'id' | 'clusterId'>,
  sealTo: string,
  { waitMs, signal }: { waitMs: number; signal: AbortSignal },
): Promise<InvitationResponse> {
  const look = (members: readonly Member[]) => {
    const target = members.find(({ node }) => node.id === id)
    if (!target || !isDue(target)) return undefined
    const turn = turnOf(target, members)
    const masters = 'masters' in turn ? turn.masters.filter((each) => ports.presence.isConnected(each.id)) : []
    return { target, turn, masters }
  }
  const lookAtStored = (data: ClusterData | undefined) => {
    const found = data && look(situationOf(ports, data).members)
    if (found) return found
    throw refusal(
      'invitation/not-due',
      'the node has no open instruction to join a cluster',
      'none needed: the run is over',
    )
  }
  // The check and the mark are one transaction, because several nodes ask at the same time.
  const takeTurn = async () => {
    // The cached members refuse nobody: another process may have stored an instruction since they were read.
    if (look(await membersOf(ports, clusterId))?.masters.length === 0) return undefined
    const done = await changeCluster(ports, clusterId, (draft) => {
      const { target, masters } = lookAtStored(draft)
      if (masters.length === 0) return undefined
      setInvited(draft, target, true)
      return { target, masters }
    })
    ports.changes.announce(ofCluster(clusterId))
    if (done) remember(ports, clusterId, situationOf(ports, done.draft).members)
    return done?.result
  }
  const taken = await ports.changes.until(takeTurn, waitMs, signal, ofCluster(clusterId))
  if (!taken) {
    const { turn } = lookAtStored(await ports.store.load(clusterId))
    return { waitingFor: 'waitingFor' in turn ? turn.waitingFor : `master ${turn.masters[0]?.name} to be connected` }
  }
  const { target, masters } = taken
  const role = lastRun(target)?.role === 'master' ? 'master' : 'worker'
  const { name, address } = target.node
  const order = { operation: 'invite', target: { name, address, role }, sealTo } as const
  const asked = await ports.operations.ask(ports, masters, order)
  if (!asked) throw new Error('no master was asked for an invitation')
  const { master, answer } = asked
  if (answer.outcome === 'done') return answer.sealed === undefined ? {} : { sealed: answer.sealed }
  await changeCluster(ports, clusterId, (draft) => setInvited(draft, target, false))
  ports.changes.announce(ofCluster(clusterId))
  if (answer.outcome === 'not-yet') return { waitingFor: answer.waitingFor }
  const { code, message, fix } = answer.error
  throw new AgentError(code, `master ${master.name}: ${message}`, { fix })
}

interface CachedMembers {
  version: number
  clusterId: string
  atMs: number
  members: Promise<readonly Member[]>
}
const seen = new WeakMap<Changes, CachedMembers>()
/** The cache expires because the changes of another process are not announced here. */
const CACHE_MS = 1_000

/** Cached, so that all waiting nodes share one read. */
function membersOf(ports: Ports, clusterId: string): Promise<readonly Member[]> {
  const last = seen.get(ports.changes)
  const isRecent = last?.version === ports.changes.version && ports.now().getTime() - last.atMs < CACHE_MS
  if (isRecent && last.clusterId === clusterId) return last.members
  const read = async () => {
    const data = await ports.store.load(clusterId)
    return data ? situationOf(ports, data).members : []
  }
  return remember(ports, clusterId, read())
}

function remember(
  { changes, now }: HasAnnouncements & Pick<HasClock, 'now'>,
  clusterId: string,
  found: readonly Member[] | Promise<readonly Member[]>,
): Promise<readonly Member[]> {
  const members = Promise.resolve(found)
  seen.set(changes, { version: changes.version, clusterId, atMs: now().getTime(), members })
  return members
}

function isDue(member: Member): boolean {
  const run = lastRun(member)
  return run?.state === 'open' && !run.cancel && run.role !== 'first-master' && run.role !== 'reset'
}

function setInvited(draft: Draft, member: Member, invited: boolean): void {
  const run = runIn(draft, lastRun(member)?.id ?? '')
  if (!run) return
  const { invited: _, ...progress } = run.progress
  draft.setRun(run.id, { progress: invited ? { ...progress, invited } : progress })
}
