import { poll, type RetryPolicy } from '../../base/retry.ts'
import type { HostView } from '../../host/host.ts'
import { answers, type EtcdMember, type Membership, peerUrlOf } from '../../provision/etcd/etcd-members.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { hasData } from './data.ts'

/** About as long as a machine is away for a boot. */
const BOOT: RetryPolicy = { firstMs: 1_000, withinMs: 60_000 }

export function ownOf({ members }: Membership, { node }: ProvisionParams): EtcdMember | undefined {
  return members.find(({ peerUrl }) => peerUrl === peerUrlOf(node.address))
}

/**
 * Members that have to go before this node can be one: its own whose data are gone; a learner that never started, or
 * runs no more, for etcd takes in one at a time, and it is our turn; a voter that is silent and no master of the cluster
 * any more, for etcd takes in nobody while a vote is missing. One of those that runs stays: Kubernetes may be kept there.
 */
export async function leftovers(
  host: HostView,
  params: ProvisionParams,
  found: Membership,
  signal: AbortSignal,
): Promise<EtcdMember[]> {
  const own = ownOf(found, params)
  const masters = new Set(params.cluster.masters.map(({ address }) => peerUrlOf(address)))
  const gone = found.members.map(async (member) => {
    if (member === own) return member.name !== '' && !(await hasData(host))
    if (member.isLearner && member.name === '') return true
    return (member.isLearner || !masters.has(member.peerUrl)) && (await isSilent(host, member, signal))
  })
  const isGone = await Promise.all(gone)
  return found.members.filter((_, index) => isGone[index])
}

async function isSilent(host: HostView, member: EtcdMember, signal: AbortSignal): Promise<boolean> {
  const look = async () => (await answers(host, member)) || undefined
  return (await poll(BOOT, look, { clock: host, signal })) === undefined
}
