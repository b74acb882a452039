import { poll, type RetryPolicy } from '../../base/retry.ts'
import type { HostView } from '../../host/host.ts'
import { answers, type EtcdMember, type Membership, peerUrlOf } from '../../provision/etcd/etcd-members.ts'
import type { ProvisionParams } from '../../provision/params.ts'
import { hasData } from './data.ts'

/** About the time that a machine needs to reboot. */
const BOOT: RetryPolicy = { firstMs: 1_000, withinMs: 60_000 }

export function ownOf({ members }: Membership, { node }: ProvisionParams): EtcdMember | undefined {
  return members.find(({ peerUrl }) => peerUrl === peerUrlOf(node.address))
}

/**
 * Members to remove before this node can join:
 * - the node's own former member, if its data is lost;
 * - a learner that never started or no longer answers: etcd allows only one learner, and it is this node's turn to join;
 * - a voter that does not answer and is no master of the cluster any more: etcd adds no member while a vote is missing.
 *
 * A member that answers is never removed: it can belong to a node that left the cluster and kept Kubernetes.
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
