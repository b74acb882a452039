import type { Stage } from '../../protocol/api/clusters.ts'
import { isStartable } from './director/outlook.ts'
import { isRepairable } from './director/repairs.ts'
import type { Cluster, Node, Run } from './records.ts'
import { lastRun } from './shape.ts'
import type { Member } from './situation.ts'

/**
 * The stages of the cluster, in the order of a node's lifecycle. Only the nodes that were provisioned together last count:
 * the times of a node that is added later cannot be combined with those of the first ones.
 */
export function stagesOf(cluster: Cluster, members: readonly Member[]): Stage[] {
  const taking = members.filter(({ node }) => node.roles.length > 0 && node.leaving === 'no')
  const { nodes, runs } = lastRound(cluster, taking.length > 0 ? taking : members)
  // A reset ends the previous cluster.
  const since = cluster.desired === 'none' && cluster.desiredAt !== null ? cluster.desiredAt : cluster.createdAt
  const discovered = later(earliest(nodes.map(({ createdAt }) => createdAt)), since)
  const wereOthers = discovered !== null && members.some(({ node }) => node.createdAt < discovered)
  const approved = ended(nodes.map(({ approvedAt, state }) => (state === 'DISCOVERED' ? null : approvedAt)))
  const configured = ended(nodes.map(({ configuredAt }) => configuredAt))
  const isWaiting = cluster.desired === 'provision' && taking.some((member) => isDue(member, cluster))
  const runsBegan = earliest(runs.map(({ createdAt }) => createdAt))
  const runsEnded = isWaiting ? null : ended(runs.map(({ endedAt }) => endedAt))
  const isFailed = cluster.state === 'FAILED'
  const hasFailedRun = runs.some(({ state }) => state !== 'open' && state !== 'done')
  return [
    stage('discover', wereOthers ? discovered : since, discovered, false),
    stage('approve', discovered, approved, false),
    stage('configure', approved, configured, false),
    stage('provision', runsBegan, runsEnded, isFailed && hasFailedRun),
    stage('check-in', hasFailedRun ? null : runsEnded, cluster.readyAt, isFailed),
  ]
}

const isDue = (member: Member, cluster: Cluster) => isStartable(member, cluster) || isRepairable(member, cluster)

/** The nodes and runs of the last group of overlapping runs since the cluster was last provisioned. */
function lastRound(cluster: Cluster, members: readonly Member[]): { nodes: Node[]; runs: Run[] } {
  const since = cluster.desiredAt ?? ''
  const ran = members
    .flatMap((member) => {
      const { node } = member
      const run = lastRun(member)
      return run && run.role !== 'reset' && run.createdAt >= since ? [{ node, run }] : []
    })
    .sort((a, b) => (a.run.createdAt < b.run.createdAt ? -1 : 1))
  let round: typeof ran = []
  let until = ''
  for (const each of ran) {
    if (each.run.createdAt > until) round = []
    round.push(each)
    const end = each.run.endedAt ?? FOR_EVER
    if (end > until) until = end
  }
  const nodes = (round.length > 0 ? round : members).map(({ node }) => node)
  return { nodes, runs: round.map(({ run }) => run) }
}

/** Sorts after all times. */
const FOR_EVER = '~'

function stage(name: string, startedAt: string | null, endedAt: string | null, isFailed: boolean): Stage {
  if (startedAt === null) return { name, state: 'pending', startedAt, endedAt: null }
  if (isFailed) return { name, state: 'failed', startedAt, endedAt }
  return { name, state: endedAt === null ? 'running' : 'done', startedAt, endedAt }
}

function earliest(times: readonly string[]): string | null {
  return [...times].sort()[0] ?? null
}

function later(time: string | null, since: string): string | null {
  return time !== null && time < since ? since : time
}

/** The latest time; null unless all are set. */
function ended(times: readonly (string | null)[]): string | null {
  if (times.length === 0 || times.includes(null)) return null
  return [...times].sort().at(-1) ?? null
}
