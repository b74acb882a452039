import type { HostView } from '../../host/host.ts'
import { type EtcdMember, type Membership, peerUrlOf } from '../../kubernetes/etcd-members.ts'
import type { ProvisionParams } from '../../roles/params.ts'
import { hasData } from './data.ts'

export function ownOf({ members }: Membership, { node }: ProvisionParams): EtcdMember | undefined {
  return members.find(({ peerUrl }) => peerUrl === peerUrlOf(node.address))
}

/** Its own whose data are gone, and learners that never started: of those etcd takes in one at a time, and it is our turn. */
export async function leftovers(host: HostView, params: ProvisionParams, found: Membership): Promise<EtcdMember[]> {
  const own = ownOf(found, params)
  const gone = found.members.map(async (member) => {
    if (member === own) return member.name !== '' && !(await hasData(host))
    return member.isLearner && member.name === ''
  })
  const isGone = await Promise.all(gone)
  return found.members.filter((_, index) => isGone[index])
}
