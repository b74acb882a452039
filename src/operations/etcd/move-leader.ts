import { AgentError } from '../../base/agent-error.ts'
import type { HostView } from '../../host/host.ts'
import { ETCD_SILENT, type Operation } from '../../protocol/wire/operation.ts'
import { type EtcdMember, isHealthy, peerUrlOf, readMembership } from '../../provision/etcd/etcd-members.ts'
import { statusOf, transferLeadership } from '../../provision/etcd/etcd-status.ts'
import { notYet, type Outcome } from '../answer.ts'

/** Done if the target leads already. Can be repeated. */
export async function moveLeader(
  host: HostView,
  { target }: Operation & { operation: 'move-leader' },
): Promise<Outcome> {
  const found = await readMembership(host, ['127.0.0.1'])
  if (!found) return notYet(ETCD_SILENT)
  const to = found.members.find(({ peerUrl }) => peerUrl === peerUrlOf(target.address))
  if (!to || to.isLearner) throw noVoter(target.name)
  const leader = await leaderOf(host, found.members)
  if (!leader) return notYet('etcd to have a leader')
  if (leader.id === to.id) return { outcome: 'done' }
  if (!(await isHealthy(host, to))) return notYet(`etcd on ${target.name} to be healthy`)
  await transferLeadership(host, leader, to.id)
  return { outcome: 'done' }
}

/** The member that says so of itself: what others know can be outdated. */
async function leaderOf(host: HostView, members: readonly EtcdMember[]): Promise<EtcdMember | undefined> {
  const statuses = await Promise.all(members.map((member) => statusOf(host, member)))
  return members.find(({ id }, index) => statuses[index]?.leaderId === id)
}

function noVoter(name: string): AgentError {
  return new AgentError('etcd/no-voter', `${name} is not a voting member of etcd, so it cannot lead`, {
    fix: 'choose another master, of those that etcdctl member list shows as started and not as learner',
  })
}
