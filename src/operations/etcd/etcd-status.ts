import type { HostView } from '../../host/host.ts'
import { ETCD_SILENT, type EtcdHealth } from '../../protocol/wire/operation.ts'
import { type EtcdMember, isHealthy, readMembership } from '../../provision/etcd/etcd-members.ts'
import { type EtcdStatus, statusOf } from '../../provision/etcd/etcd-status.ts'
import { notYet, type Outcome } from '../answer.ts'

/** Health, leader, version and size of every member. */
export async function etcdStatus(host: HostView): Promise<Outcome> {
  const etcd = await lookAtMembers(host)
  return etcd ? { outcome: 'done', etcd } : notYet(ETCD_SILENT)
}

/** Undefined if etcd on this master does not answer. */
export async function lookAtMembers(host: HostView): Promise<EtcdHealth[] | undefined> {
  const found = await readMembership(host, ['127.0.0.1'])
  return found && Promise.all(found.members.map((member) => healthOf(host, member)))
}

async function healthOf(host: HostView, member: EtcdMember): Promise<EtcdHealth> {
  const [healthy, status] = await Promise.all([isHealthy(host, member), statusOf(host, member)])
  const { name, isLearner } = member
  return { name, isHealthy: healthy, isLearner, ...(status && fieldsOf(member, status)) }
}

function fieldsOf({ id }: EtcdMember, { version, dbBytes, leaderId }: EtcdStatus) {
  return { isLeader: leaderId === id, version, dbBytes }
}
