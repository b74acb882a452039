import { Indeterminate } from '../../engine/step.ts'
import { AgentError } from '../../errors/agent-error.ts'
import type { Host, HostView } from '../../host/host.ts'
import {
  addLearner,
  type EtcdMember,
  type Membership,
  peerUrlOf,
  promoteMember,
  readMembership,
  removeMember,
} from '../../kubernetes/etcd-members.ts'
import type { ProvisionStep } from '../../kubernetes/provision.ts'
import type { ProvisionParams } from '../../roles/params.ts'
import { isConfigured, writeFiles } from './files.ts'
import { MEMBER_DATA } from './templates.ts'

const ADD_MS = 120_000
const PROMOTE_MS = 300_000
const AGAIN_MS = 1_000

/** As a learner: without a vote it can do no harm to the others, whatever becomes of it. */
export const joinMembers: ProvisionStep = {
  id: 'etcd/join-members',
  title: 'Joining the members of etcd',
  async isDone(host, params) {
    if (!(await isConfigured(host, params))) return false
    const own = ownOf(await membership(host, params), params)
    return own !== undefined && (await mayStart(host, own))
  },
  async apply(host, params, { signal }) {
    if (host.isDryRun) return writeFiles(host, params, {})
    await patiently(host, { signal, timeoutMs: ADD_MS }, async (request) => {
      for (const { through, id } of await leftovers(host, params)) await request(() => removeMember(host, through, id))
      const found = await need(host, params)
      if (ownOf(found, params) !== undefined) return
      await forgetData(host)
      await request(() => addLearner(host, found.through, peerUrlOf(params.node.address)))
    })
    const { members } = await need(host, params)
    const others = members.filter(({ name, peerUrl }) => name !== '' && peerUrl !== peerUrlOf(params.node.address))
    await writeFiles(host, params, Object.fromEntries(others.map(({ name, peerUrl }) => [name, peerUrl])))
  },
}

export const promote: ProvisionStep = {
  id: 'etcd/promote',
  title: "Waiting until etcd's new member has caught up",
  async isDone(host, params) {
    return ownOf(await membership(host, params), params)?.isLearner === false
  },
  async apply(host, params, { signal }) {
    if (host.isDryRun) return
    await patiently(host, { signal, timeoutMs: PROMOTE_MS }, async (request) => {
      const { through, members } = await need(host, params)
      const own = ownOf({ through, members }, params)
      if (own?.isLearner) await request(() => promoteMember(host, through, own.id))
    })
  },
}

/** The others are asked first: this node's own may not run yet. */
function membership(host: HostView, { cluster, node }: ProvisionParams): Promise<Membership | undefined> {
  const others = cluster.masters.map(({ address }) => address).filter((address) => address !== node.address)
  return readMembership(host, [...others, node.address])
}

async function need(host: HostView, params: ProvisionParams): Promise<Membership> {
  const found = await membership(host, params)
  if (found) return found
  const asked = params.cluster.masters.map(({ name }) => name).join(', ')
  throw new AgentError('etcd/no-answer', `etcd answers on none of the masters (${asked})`, {
    fix: 'systemctl status etcd on them; then provision again',
  })
}

function ownOf(found: Membership | undefined, { node }: ProvisionParams): EtcdMember | undefined {
  return found?.members.find(({ peerUrl }) => peerUrl === peerUrlOf(node.address))
}

/** A member that has been up elsewhere in time has data; without them it must be taken in anew. */
async function mayStart(host: HostView, own: EtcdMember): Promise<boolean> {
  return own.name === '' || (await host.stat(`${MEMBER_DATA}/member`)) !== undefined
}

/**
 * This node's own member whose data are gone, and learners that never started: of those etcd takes in one at a time,
 * and it is our turn.
 */
async function leftovers(host: HostView, params: ProvisionParams): Promise<(EtcdMember & { through: string })[]> {
  const found = await need(host, params)
  const own = ownOf(found, params)
  const lost = own !== undefined && !(await mayStart(host, own)) ? [own] : []
  const stale = found.members.filter((member) => member !== own && member.isLearner && member.name === '')
  return [...lost, ...stale].map((member) => ({ ...member, through: found.through }))
}

/** Of a membership that has ended: etcd would refuse to start with them. */
async function forgetData(host: Host): Promise<void> {
  if ((await host.stat(MEMBER_DATA)) === undefined) return
  const because = 'they are of a member that is none any more'
  await host.setUnit('etcd.service', { active: false })
  await host.run(['/usr/bin/rm', '--recursive', '--force', MEMBER_DATA], { kind: 'nothing', because })
}

/**
 * Again while etcd refuses: a member is not in touch with all others yet, or has not caught up. Changes of the membership
 * go through `request`: one without an answer may have been made, and as long as nobody can be asked it is not known.
 */
async function patiently(
  host: HostView,
  { signal, timeoutMs }: { signal: AbortSignal; timeoutMs: number },
  work: (request: (change: () => Promise<void>) => Promise<void>) => Promise<void>,
): Promise<void> {
  const deadlineMs = host.now().getTime() + timeoutMs
  let isUnsure = false
  const request = async (change: () => Promise<void>) => {
    isUnsure = false // whoever asks has just seen the members
    await change().catch((error: unknown) => {
      isUnsure = error instanceof AgentError && error.code === 'etcd/no-answer'
      throw error
    })
  }
  for (;;) {
    try {
      return await work(request)
    } catch (error) {
      signal.throwIfAborted()
      if (!(error instanceof AgentError)) throw error
      if (host.now().getTime() > deadlineMs) throw isUnsure ? membershipUnknown(error) : error
    }
    await host.sleep(AGAIN_MS, signal)
  }
}

function membershipUnknown(cause: AgentError): Indeterminate {
  return new Indeterminate(
    'etcd/membership-unknown',
    'etcd was asked to change its members, and has not answered since: whether this node is one of them cannot be told',
    {
      fix: 'either get etcd on the other masters to answer (systemctl status etcd), then provision again: it looks, and goes on; or give this node up (agent reset), and see on another master that it is no member: etcdctl member list',
      cause,
    },
  )
}
