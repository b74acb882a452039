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
 * The id that etcd gives the first member of the restored cluster: of its peer URL and of the token of the restore (computeMemberID in
 * etcd's membership/member.go). No other cluster has a member with it, so that nobody takes the former cluster for the restored one.
 */
export function founderId(peerUrl: string, token: string): string {
  return createHash('sha1').update(peerUrl).update(token).digest().readBigUInt64BE(0).toString()
}

/** The members of the restored cluster, as its founder lists them; undefined before it runs. */
export async function restoredMembership(host: HostView, params: ProvisionParams): Promise<Membership | undefined> {
  const { id, source } = orderOf(params)
  const address = addressOf(params, source)
  const found = await readMembership(host, [address], { linearizable: true })
  const wanted = founderId(peerUrlOf(address), id)
  return found?.members.some((member) => member.id === wanted) ? found : undefined
}

export function addressOf({ cluster }: ProvisionParams, name: string): string {
  const found = cluster.masters.find((master) => master.name === name)
  if (found === undefined) throw new Error(`the instruction names no master ${name}`)
  return found.address
}
