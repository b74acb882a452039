import { AgentError } from '../../base/agent-error.ts'
import type { InvitationResponse } from '../../protocol/api/agents.ts'
import type { Core } from '../core.ts'
import { refusal } from '../domain/admission.ts'
import { turnOf } from '../domain/director/turn.ts'
import type { Node } from '../domain/records.ts'
import { lastRun } from '../domain/shape.ts'
import type { Member } from '../domain/situation.ts'
import { situationOf } from '../reconcile/situation-of.ts'

/**
 * What the node needs to join its cluster, from a master and sealed to the node: this controller cannot read it. Waits
 * up to `waitMs` for its turn. Throws where the node was not told to join.
 */
export async function invite(
  core: Core,
  { id, clusterId }: Node,
  sealTo: string,
  { waitMs, signal }: { waitMs: number; signal: AbortSignal },
): Promise<InvitationResponse> {
  const look = () => {
    const members = membersOf(core, clusterId)
    const joining = members.find(({ node }) => node.id === id)
    if (!joining || !isDue(joining)) {
      throw refusal('invitation/not-due', 'this node was not told to join a cluster', 'nothing: this run is over')
    }
    return { joining, turn: turnOf(joining, members) }
  }
  // Whose turn it is and that it was taken are one: several ask at the same moment.
  const takeTurn = () => {
    const { joining, turn } = look()
    const hosts = 'hosts' in turn ? turn.hosts.filter((each) => core.presence.isConnected(each.id)) : []
    if (hosts.length === 0) return undefined
    setInvited(core, joining, true)
    return { joining, hosts }
  }
  const taken = await core.changes.until(takeTurn, waitMs, signal)
  if (!taken) {
    const { turn } = look()
    return { waitingFor: 'waitingFor' in turn ? turn.waitingFor : `master ${turn.hosts[0]?.name} to be connected` }
  }
  const { joining, hosts } = taken
  const role = lastRun(joining)?.role === 'master' ? 'master' : 'worker'
  const { name, address } = joining.node
  const order = { operation: 'invite', target: { name, address, role }, sealTo } as const
  const asked = await core.operations.ask(core, hosts, order)
  if (!asked) throw new Error('nobody was asked for an invitation')
  const { master, answer } = asked
  if (answer.outcome === 'done') return answer.sealed === undefined ? {} : { sealed: answer.sealed }
  setInvited(core, joining, false)
  if (answer.outcome === 'not-yet') return { waitingFor: answer.waitingFor }
  const { code, message, fix } = answer.error
  throw new AgentError(code, `master ${master.name}: ${message}`, { fix })
}

const seen = new WeakMap<Core, { version: number; clusterId: string; members: readonly Member[] }>()

/** Read once for all that wait for their turn. */
function membersOf(core: Core, clusterId: string): readonly Member[] {
  const { version } = core.changes
  const last = seen.get(core)
  if (last?.version === version && last.clusterId === clusterId) return last.members
  const members = situationOf(core, clusterId)?.members ?? []
  seen.set(core, { version, clusterId, members })
  return members
}

function isDue(member: Member): boolean {
  const run = lastRun(member)
  return run?.state === 'open' && !run.cancel && (run.role === 'worker' || run.role === 'master')
}

function setInvited(core: Core, member: Member, invited: boolean): void {
  const run = lastRun(member)
  const stored = run && core.store.runs.get(run.id)
  if (!stored) return
  const { invited: _, ...progress } = stored.progress
  core.store.runs.update(stored.id, { progress: invited ? { ...progress, invited } : progress })
  core.changes.announce()
}
