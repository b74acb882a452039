import { createHash } from 'node:crypto'
import type { HostView } from '../../../host/host.ts'
import type { RestoreOrder } from '../../../protocol/wire/messages/backup.ts'
import { type Membership, peerUrlOf, readMembership } from '../../../provision/etcd/etcd-members.ts'
import type { ProvisionParams } from '../../../provision/params.ts'
import { MEMBER_DATA } from '../../../provision/paths.ts'

/** In the data of the founder: the restore that made it. */
const MARK = 'cantrip-restore'
export const markIn = (directory: string) => `${directory}/${MARK}`

export function orderOf({ restore }: ProvisionParams): RestoreOrder {
  if (restore === undefined) throw new Error('only a run that restores etcd has such a step')
  return restore
}

/** Whether the data on this node is that of the restore. */
export async function isFounder(host: HostView, params: ProvisionParams): Promise<boolean> {
  return (await host.read(markIn(MEMBER_DATA)))?.trim() === orderOf(params).id
}

/**
 * The id of the cluster that the restore makes. etcd computes it of the id of its first member (genID in etcd's
 * membership/cluster.go), and that one of its peer URL and of the token of the restore (computeMemberID in membership/member.go). It
 * stays, whichever members the cluster has later. No other cluster has it, so that nobody takes the former one for the restored one.
 */
export function restoredClusterId(peerUrl: string, token: string): string {
  const founder = createHash('sha1').update(peerUrl).update(token).digest().subarray(0, 8)
  return createHash('sha1').update(founder).digest().readBigUInt64BE(0).toString()
}

/** The members of the restored cluster, as one of its masters lists them; undefined before it runs. */
export async function restoredMembership(host: HostView, params: ProvisionParams): Promise<Membership | undefined> {
  const { id, source } = orderOf(params)
  const first = addressOf(params, source)
  const wanted = restoredClusterId(peerUrlOf(first), id)
  const others = params.cluster.masters.map(({ address }) => address).filter((address) => address !== first)
  // At the same time, and the first that has it counts: one that has no quorum answers only when the time is over.
  const asked = [first, ...others].map(async (address) => {
    const found = await readMembership(host, [address], { linearizable: true })
    if (found?.clusterId !== wanted) throw new Error(`${address} is none of its masters`)
    return found
  })
  return Promise.any(asked).catch(() => undefined)
}

export function addressOf({ cluster }: ProvisionParams, name: string): string {
  const found = cluster.masters.find((master) => master.name === name)
  if (found === undefined) throw new Error(`the instruction names no master ${name}`)
  return found.address
}
