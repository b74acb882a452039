import type { HostView } from '../../host/host.ts'
import { ETCD_SILENT } from '../../protocol/wire/operation.ts'
import { isHealthy, readMembership } from '../../provision/etcd/etcd-members.ts'
import { notYet, type Outcome } from '../answer.ts'

/** Queries the health of every member. */
export async function lookAtEtcd(host: HostView): Promise<Outcome> {
  const found = await readMembership(host, ['127.0.0.1'])
  if (!found) return notYet(ETCD_SILENT)
  const etcd = found.members.map(async (member) => {
    const { name, isLearner } = member
    return { name, isLearner, isHealthy: await isHealthy(host, member) }
  })
  return { outcome: 'done', etcd: await Promise.all(etcd) }
}
