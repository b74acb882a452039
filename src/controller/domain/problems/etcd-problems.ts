import type { EtcdHealth } from '../../../protocol/wire/operation.ts'
import type { Cluster } from '../records.ts'
import { isProvisionedMaster } from '../shape.ts'
import type { Member } from '../situation.ts'
import type { Found } from './found-problem.ts'

/** The problems of etcd by the last look of a master at its members. Those of nodes that join or leave are none. */
export function etcdProblems({ etcd, gone }: Pick<Cluster, 'etcd' | 'gone'>, members: readonly Member[]): Found[] {
  if (etcd === null) return []
  const { silentOn } = etcd
  if (silentOn !== null) return [found('etcd/no-answer', `etcd on node ${silentOn} does not answer`, silentOn)]
  const voters = etcd.members.filter(({ isLearner }) => !isLearner)
  const unhealthy = voters.filter(({ isHealthy }) => !isHealthy)
  const healthy = voters.length - unhealthy.length
  const needed = Math.floor(voters.length / 2) + 1
  const ratio = `${healthy} of ${voters.length} members are healthy`
  if (healthy < needed) {
    const names = unhealthy.map(nameOf).join(', ')
    const message = `etcd has no quorum: ${ratio}, ${needed} are needed; unhealthy: ${names}`
    const only = voters.length === 1 ? voters[0]?.name || null : null
    return [found('etcd/no-quorum', message, '', only)]
  }
  const settled = members.filter(isSettled).map(({ node }) => node.name)
  const others = [...members.map(({ node }) => node.name), ...gone.map(({ name }) => name)]
  const isInMotion = ({ name }: EtcdHealth) => name === '' || (others.includes(name) && !settled.includes(name))
  const spare = healthy - needed
  const tolerates = spare === 0 ? 'no further failure' : `${spare} more failure${spare === 1 ? '' : 's'}`
  return [
    ...unhealthy
      .filter((each) => !isInMotion(each))
      .map(({ name }) => {
        const isOurs = settled.includes(name)
        const whose = isOurs ? `on node ${name}` : `${name}, of no node of the cluster,`
        const message = `the etcd member ${whose} is unhealthy: ${ratio}; etcd tolerates ${tolerates}`
        return found('etcd/member-unhealthy', message, name, isOurs ? name : null)
      }),
    ...etcd.members
      .filter(({ name, isLearner }) => isLearner && settled.includes(name))
      .map(({ name }) =>
        found('etcd/member-learner', `the etcd member on node ${name} is a learner: it has no vote`, name),
      ),
    ...settled
      .filter((name) => !etcd.members.some((each) => each.name === name))
      .map((name) => found('etcd/member-missing', `node ${name} has no etcd member: ${ratio}`, name)),
  ]
}

const nameOf = ({ name }: EtcdHealth) => name || 'one that has not started'

/** A master whose member etcd should have. */
const isSettled = (member: Member) =>
  isProvisionedMaster(member) && member.node.state === 'READY' && member.node.leaving === 'no'

/** `node`: where it is to be mended, if that is a node of the cluster. */
const found = (code: string, message: string, subject: string, node: string | null = subject): Found => ({
  ...{ code, subject, node, message, seenBy: 'agent' },
})
