import { AgentError } from '../../base/agent-error.ts'
import { ETCD_DATA, ETCD_UNIT } from '../../base/kubernetes-paths.ts'
import { type RetryPolicy, retry } from '../../base/retry.ts'
import { Indeterminate } from '../../engine/step.ts'
import type { HostView } from '../../host/host.ts'
import { throwFailure, type Watch } from '../../host/units/wait-until.ts'
import { watchUnit } from '../../host/units/watch-unit.ts'
import {
  addLearner,
  type EtcdMember,
  type Membership,
  peerUrlOf,
  promoteMember,
  readMembership,
  removeMember,
} from '../../provision/etcd/etcd-members.ts'
import { saveSnapshot } from '../../provision/etcd/save-snapshot.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import type { ProvisionStep } from '../../provision/provision.ts'
import { allowFirstStart, hasData, needsData, removeFormerData } from './data.ts'
import { isConfigured, isConfiguredToJoin, writeFiles } from './files.ts'
import { leftovers, ownOf } from './leftovers.ts'
import { restoredMembership } from './restore/founder.ts'

/** The data of the cluster before its members change. The file remains until the node joins again. */
const SNAPSHOT = `${ETCD_DATA}/before-joining.db`
const ADD: RetryPolicy = { firstMs: 1_000, withinMs: 120_000 }
const PROMOTE: RetryPolicy = { firstMs: 1_000, withinMs: 300_000 }

/** Joins as a learner: without a vote it cannot affect the quorum, even if it fails. */
export const joinMembers: ProvisionStep = {
  id: 'etcd/join-members',
  title: 'Joining the etcd cluster',
  async isDone(host, params) {
    const found = await membership(host, params)
    if (found === undefined) return false
    const own = ownOf(found, params)
    if (own === undefined) return false
    if (await hasData(host)) return isConfigured(host, params)
    if (own.name !== '' || (await needsData(host))) return false
    return isConfiguredToJoin(host, params, othersOf(found, params))
  },
  async apply(host, params, { signal }) {
    if (host.isDryRun) return writeFiles(host, params, [])
    let isSaved = false
    await retryWhileRefused(host, { signal, policy: ADD }, async (request) => {
      const change = (through: string, make: () => Promise<void>) =>
        request(async () => {
          if (!isSaved) await saveSnapshot(host, through, SNAPSHOT, signal)
          isSaved = true
          await make()
        })
      const before = await need(host, params)
      const { through } = before
      for (const { id } of await leftovers(host, params, before, signal)) {
        await change(through, () => removeMember(host, through, id))
      }
      if (ownOf(await need(host, params), params) !== undefined) return
      await removeFormerData(host, params)
      await change(through, () => addLearner(host, through, peerUrlOf(params.node.address)))
    })
    await writeFiles(host, params, othersOf(await need(host, params), params))
    // Only after the configuration is written: a reboot in between would start etcd with the former one.
    if (!(await hasData(host))) await allowFirstStart(host)
  },
}

export const promote: ProvisionStep = {
  id: 'etcd/promote',
  marks: 'has-vote',
  title: 'Waiting until the new etcd member has caught up',
  async isDone(host, params) {
    const found = await membership(host, params)
    return found !== undefined && ownOf(found, params)?.isLearner === false
  },
  async apply(host, params, { signal }) {
    if (host.isDryRun) return
    const watches = [watchUnit(ETCD_UNIT)]
    await retryWhileRefused(host, { signal, policy: PROMOTE, watches }, async (request) => {
      const found = await need(host, params)
      const own = ownOf(found, params)
      if (own?.isLearner) await request(() => promoteMember(host, found.through, own.id))
    })
  },
}

/**
 * Queries the other members first: the one of this node may not run yet. After a restore only the restored etcd counts: others can
 * still run with the former data.
 */
function membership(host: HostView, params: ProvisionParams): Promise<Membership | undefined> {
  if (params.restore) return restoredMembership(host, params)
  const { cluster, node } = params
  const others = cluster.masters.map(({ address }) => address).filter((address) => address !== node.address)
  return readMembership(host, [...others, node.address], { linearizable: true })
}

async function need(host: HostView, params: ProvisionParams): Promise<Membership> {
  const found = await membership(host, params)
  if (found) return found
  const names = params.cluster.masters.map(({ name }) => name).join(', ')
  throw new AgentError('etcd/no-answer', `etcd does not answer on any master (${names})`, {
    fix: 'check etcd on the masters: systemctl status etcd; then provision again',
  })
}

function othersOf({ members }: Membership, { node }: ProvisionParams): EtcdMember[] {
  return members.filter(({ peerUrl }) => peerUrl !== peerUrlOf(node.address))
}

/**
 * Retries while etcd refuses because a member is not connected to all others yet, or has not caught up. The work changes the
 * membership through `request`: a request without an answer may have succeeded, which is unknown until etcd answers again.
 */
async function retryWhileRefused(
  host: HostView,
  { signal, policy, watches = [] }: { signal: AbortSignal; policy: RetryPolicy; watches?: readonly Watch[] },
  work: (request: (change: () => Promise<void>) => Promise<void>) => Promise<void>,
): Promise<void> {
  let isUnsure = false
  const request = async (change: () => Promise<void>) => {
    isUnsure = false // the caller has just read the members
    await change().catch((error: unknown) => {
      isUnsure = error instanceof AgentError && error.code === 'etcd/no-answer'
      throw error
    })
  }
  let refusal: unknown
  const mayPass = async (error: unknown) => {
    if (!(error instanceof AgentError)) return false
    await throwFailure(host, watches)
    refusal = error
    return true
  }
  try {
    await retry(policy, () => work(request), { clock: host, signal, mayPass })
  } catch (error) {
    throw isUnsure && error instanceof AgentError && error === refusal ? membershipUnknown(error) : error
  }
}

function membershipUnknown(cause: AgentError): Indeterminate {
  return new Indeterminate(
    'etcd/membership-unknown',
    'etcd received a request to change its members and has not answered since: it is unknown whether this node is a member',
    {
      fix: 'either make etcd on the other masters answer (systemctl status etcd), then provision again: the run continues from the actual state; or give this node up (agent reset), and verify on another master that it is no member: etcdctl member list',
      cause,
    },
  )
}
