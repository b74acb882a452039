import type { OperatorReport } from '../../../protocol/api/operators.ts'
import { isFailedRepair, isInRepair } from '../director/repairs.ts'
import type { KnownProblem } from '../records.ts'
import { isMaster, takesPart } from '../shape.ts'
import type { Member, Situation } from '../situation.ts'
import { because, type Found } from './found-problem.ts'
import { movedAddress, movedText } from './moved-address.ts'
import { podProblems } from './pod-problems.ts'

/** The operator reports each 30 s: one report may be late, another may get lost, and a new pod of it takes a moment. */
export const SILENT_MS = 90_000
/** For how long a problem may be a restart. An agent's silence, and the operator's, have lasted for longer already. */
const GRACE_MS = { pod: 60_000, other: 15_000 } as const
/** A repair looks at each step and does a few of them; one that fetches everything anew over a slow line may take this long. */
const LONGEST_REPAIR_MS = 60 * 60_000

/** The one problem that `provision` does not mend: the repair goes on already. */
export const SLOW_REPAIR = 'repair/slow'

/** Where all nodes of a large site are away, some of them are enough to name. */
const MOST = 200

/**
 * What is wrong with a cluster that has been READY, with since when. Pure: a problem that was known keeps its time, and
 * counts once it has lasted for longer than a restart takes.
 */
export function problemsOf(situation: Situation): KnownProblem[] {
  const { cluster, now } = situation
  if (cluster.desired !== 'provision' || cluster.establishedAt === null) return []
  const known = new Map(cluster.problems.map((problem) => [keyOf(problem), problem]))
  return found(situation).map((problem) => {
    const before = known.get(keyOf(problem))
    const firstSeenAt = before?.firstSeenAt ?? now.toISOString()
    const times = [before?.since ?? firstSeenAt, isoOf(problem.since) ?? firstSeenAt]
    const since = times.sort()[0] ?? firstSeenAt
    // By our own looks: what a node says after an absence may be as old as that, and over in a moment.
    return { ...problem, firstSeenAt, since, counts: now.getTime() - Date.parse(firstSeenAt) >= graceOf(problem) }
  })
}

function found(situation: Situation): Found[] {
  const { cluster, members, now, reportSilentMs } = situation
  const { report, reportAt } = cluster
  const nodes = members.filter(({ node }) => takesPart(node, cluster) && node.state === 'READY')
  const known = [
    ...nodes.filter(({ node }) => node.silent === 'unreachable').map(unreachable),
    ...nodes.flatMap(failedRepair),
    ...nodes.flatMap((member) => slowRepair(member, now)),
    ...nodes.flatMap(addressChanged),
  ]
  if (!report || !reportAt) return known
  const told = new Map(report.nodes.map((each) => [each.name, each]))
  const problems = [
    ...(reportSilentMs >= SILENT_MS ? [operatorSilent(reportAt)] : []),
    ...(report.api === false ? [apiNotReady()] : []),
    ...(report.dns ? [] : [dnsSilent()]),
    ...known,
    ...nodes.flatMap(({ node }) => nodeProblems(node.name, told.get(node.name))),
    ...podProblems(cluster, nodes, report),
  ]
  return problems.slice(0, MOST)
}

function unreachable({ node: { name, lastSeen } }: Member): Found {
  const message = `the agent on node ${name} is not connected`
  return {
    code: 'node/unreachable',
    subject: name,
    node: name,
    message,
    since: lastSeen ?? undefined,
    seenBy: 'controller',
  }
}

function addressChanged({ node }: Member): Found[] {
  const moved = movedAddress(node)
  if (moved === undefined) return []
  const { name } = node
  return [
    { code: 'node/address-changed', subject: name, node: name, message: movedText(node, moved), seenBy: 'controller' },
  ]
}

function failedRepair({ node: { name }, repair }: Member): Found[] {
  if (repair === null || !isFailedRepair(repair)) return []
  const [why] = repair.error?.message.split('\n') ?? []
  const message = `the last repair of node ${name} ${repair.state === 'failed' ? 'failed' : `is ${repair.state}`}${why ? `: ${why}` : ''}`
  const since = repair.endedAt ?? undefined
  return [{ code: 'repair/failed', subject: name, node: name, message, since, seenBy: 'controller' }]
}

/** It holds up the repairs of other masters all the same: it may have stopped etcd, and may go on at any time. */
function slowRepair(member: Member, now: Date): Found[] {
  const { node, repair } = member
  if (repair === null || !isInRepair(member)) return []
  const since = repair.createdAt
  if (now.getTime() - Date.parse(since) < LONGEST_REPAIR_MS) return []
  const { name } = node
  const others = isMaster(member) ? '; no other master is repaired before it has' : ''
  const message = `the repair of node ${name}, begun at ${since}, has not ended within ${LONGEST_REPAIR_MS / 60_000} minutes${others}`
  return [{ code: SLOW_REPAIR, subject: name, node: name, message, since, seenBy: 'controller' }]
}

function operatorSilent(reportAt: string): Found {
  const message = 'the operator does not report: how Kubernetes is now is not known'
  return { code: 'operator/silent', subject: '', node: null, message, since: reportAt, seenBy: 'controller' }
}

function apiNotReady(): Found {
  const message = 'the API server is not ready: what Kubernetes tells of nodes and pods may be old'
  return { code: 'api/not-ready', subject: '', node: null, message, seenBy: 'operator' }
}

function dnsSilent(): Found {
  const message = "the cluster's DNS does not answer"
  return { code: 'dns/no-answer', subject: '', node: null, message, seenBy: 'operator' }
}

/** By the conditions' names in Kubernetes. */
const CONDITIONS: Readonly<Record<string, { code: string; is: string }>> = {
  Ready: { code: 'node/not-ready', is: 'is not Ready' },
  DiskPressure: { code: 'node/disk-pressure', is: 'has disk pressure' },
  MemoryPressure: { code: 'node/memory-pressure', is: 'has memory pressure' },
  PIDPressure: { code: 'node/pid-pressure', is: 'has PID pressure' },
  NetworkUnavailable: { code: 'node/network-unavailable', is: 'has no pod network' },
}

function nodeProblems(name: string, told: OperatorReport['nodes'][number] | undefined): Found[] {
  const own = { subject: name, node: name, seenBy: 'operator' } as const
  if (!told) return [{ ...own, code: 'node/not-registered', message: `node ${name} is not in the cluster` }]
  const unhealthy = told.unhealthy ?? []
  // An operator of an earlier version tells only whether it is Ready.
  const isBare = !told.ready && unhealthy.every(({ type }) => type !== 'Ready')
  const bare: typeof unhealthy = isBare ? [{ type: 'Ready', reason: '', message: '' }] : []
  return [...unhealthy, ...bare].flatMap(({ type, reason, message, since }) => {
    const { code, is } = CONDITIONS[type] ?? {}
    if (code === undefined) return []
    return [{ ...own, code, message: `node ${name} ${is}${because({ reason, message })}`, since }]
  })
}

const keyOf = ({ code, subject }: Pick<KnownProblem, 'code' | 'subject'>) => `${code} ${subject}`

function graceOf({ code, seenBy }: Found): number {
  if (seenBy === 'controller') return 0
  return code.startsWith('pod/') ? GRACE_MS.pod : GRACE_MS.other
}

/** As the controller writes times, so that they sort; undefined for what is none. */
function isoOf(time: string | undefined): string | undefined {
  const ms = time === undefined ? Number.NaN : Date.parse(time)
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString()
}
