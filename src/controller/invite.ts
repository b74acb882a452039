import { AgentError } from '../errors/agent-error.ts'
import type { InvitationResponse } from '../protocol/rest.ts'
import type { Core } from './core.ts'
import { refusal } from './director/admission.ts'
import type { Member } from './director/situation.ts'
import { turnOf } from './director/turn.ts'
import { situationOf } from './reconcile.ts'
import type { Node } from './store/records.ts'

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
    const members = situationOf(core, clusterId)?.members ?? []
    const guest = members.find(({ node }) => node.id === id)
    if (!guest || !isDue(guest)) {
      throw refusal('invitation/not-due', 'this node was not told to join a cluster', 'nothing: this run is over')
    }
    return { guest, turn: turnOf(guest, members) }
  }
  const due = () => {
    const { guest, turn } = look()
    return 'hosts' in turn ? { guest, hosts: turn.hosts } : undefined
  }
  const found = await core.changes.until(due, waitMs, signal)
  if (!found) {
    const { turn } = look()
    return { waitingFor: 'waitingFor' in turn ? turn.waitingFor : 'its turn' }
  }
  const { guest, hosts } = found
  const host = hosts.find((each) => core.presence.isConnected(each.id))
  if (!host) return { waitingFor: `master ${hosts[0]?.name} to be connected` }
  const role = guest.run?.role === 'master' ? 'master' : 'worker'
  // Before it is asked for: two masters that ask at once do not both get it.
  setInvited(core, guest, true)
  const { name, address } = guest.node
  const answer = await core.errands.run(core, host, { errand: 'invite', guest: { name, address, role }, sealTo })
  if (answer.outcome === 'done') return answer.sealed === undefined ? {} : { sealed: answer.sealed }
  setInvited(core, guest, false)
  if (answer.outcome === 'not-yet') return { waitingFor: answer.waitingFor }
  const { code, message, fix } = answer.error
  throw new AgentError(code, `master ${host.name}: ${message}`, { fix })
}

function isDue({ run }: Member): boolean {
  return run?.state === 'open' && !run.cancel && (run.role === 'worker' || run.role === 'master')
}

function setInvited(core: Core, { run }: Member, invited: boolean): void {
  const stored = run && core.store.runs.get(run.id)
  if (!stored) return
  const { invited: _, ...progress } = stored.progress
  core.store.runs.update(stored.id, { progress: invited ? { ...progress, invited } : progress })
  core.changes.announce()
}
