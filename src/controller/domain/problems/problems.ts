import type { OperatorReport } from '../../../protocol/api/operators.ts'
import { isFailedRepair, isInRepair } from '../director/repairs.ts'
import type { KnownProblem, Node } from '../records.ts'
import { isMaster, takesPart } from '../shape.ts'
import type { Member, Situation } from '../situation.ts'
import { currentAlarms } from './alarms.ts'
import { etcdProblems } from './etcd-problems.ts'
import { expiringCertificates } from './expiring.ts'
import { failedUpgrade } from './failed-upgrade.ts'
import { because, type Found } from './found-problem.ts'
import { movedAddress, movedText } from './moved-address.ts'
import { podProblems } from './pod-problems.ts'

/** The operator reports every 30 s. One report can be late and one lost, and a new pod needs time to start. */
export const SILENT_MS = 90_000
/** A problem of this duration may be a restart. Problems that the controller observes itself have lasted longer already. */
const GRACE_MS = { slow: 60_000, other: 15_000 } as const
/** Pods take long to start, and etcd is looked at every 30 s while it is unhealthy. */
const SLOW = /^(pod|etcd)\//
/** Enough for a repair that downloads all files again over a slow line. */
const LONGEST_REPAIR_MS = 60 * 60_000

/** `provision` does not repair it: the repair is already running. */
export const SLOW_REPAIR = 'repair/slow'

/** Limits the list when all nodes of a large site are unreachable. */
const MOST = 200

/**
 * The problems of a cluster that has been READY; of another one only that identities of its nodes are misused. Pure: a known problem keeps its time, and counts when it has lasted longer
 * than a restart takes.
 */
export function problemsOf(situation: Situation): KnownProblem[] {
  const { cluster, members, now } = situation
  const wasReady = cluster.desired === 'provision' && cluster.establishedAt !== null
  const known = new Map(cluster.problems.map((problem) => [keyOf(problem), problem]))
  const all = wasReady ? found(situation) : members.flatMap(({ node }) => misused(node, now))
  return all.map((problem) => {
    const before = known.get(keyOf(problem))
    const firstSeenAt = before?.firstSeenAt ?? now.toISOString()
    const times = [before?.since ?? firstSeenAt, isoOf(problem.since) ?? firstSeenAt]
    const since = times.sort()[0] ?? firstSeenAt
    // By the time of the first observation: `since` of a node that was disconnected may be old, and the problem almost over.
    return { ...problem, firstSeenAt, since, counts: now.getTime() - Date.parse(firstSeenAt) >= graceOf(problem) }
  })
}

function found(situation: Situation): Found[] {
  const { cluster, members, now, reportSilentMs } = situation
  const { report, reportAt } = cluster
  const nodes = members.filter(({ node }) => takesPart(node, cluster) && node.state === 'READY')
  const known = [
    ...failedUpgrade(cluster),
    ...nodes.filter(({ node }) => node.silent === 'unreachable').map(unreachable),
    ...nodes.flatMap(failedRepair),
    ...nodes.flatMap((member) => slowRepair(member, now)),
    ...nodes.flatMap(addressChanged),
    ...nodes.flatMap(imagesMissing),
    ...nodes.flatMap(({ node }) => expiringCertificates(node, now)),
    ...members.flatMap(({ node }) => misused(node, now)),
    ...etcdProblems(cluster, members),
  ]
  if (!report || !reportAt) return known
  const reported = new Map(report.nodes.map((each) => [each.name, each]))
  const problems = [
    ...(reportSilentMs >= SILENT_MS ? [operatorSilent(reportAt)] : []),
    ...(report.api === false ? [apiNotReady()] : []),
    ...(report.dns ? [] : [dnsSilent()]),
    ...known,
    ...nodes.flatMap(({ node }) => nodeProblems(node.name, reported.get(node.name))),
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

/** Somebody else has a key of the node. */
function misused(node: Node, now: Date): Found[] {
  const { name } = node
  return currentAlarms(node, now).map(({ code, message, since }) => ({
    ...{ code, message: `node ${name}: ${message}`, since },
    ...{ subject: name, node: name, seenBy: 'controller' },
  }))
}

function addressChanged({ node }: Member): Found[] {
  const moved = movedAddress(node)
  if (moved === undefined) return []
  const { name } = node
  return [
    { code: 'node/address-changed', subject: name, node: name, message: movedText(node, moved), seenBy: 'controller' },
  ]
}

function imagesMissing({ node: { name, facts } }: Member): Found[] {
  const images = facts?.missingImages ?? []
  if (images.length === 0) return []
  const message = `on node ${name} images are missing, which the agent restores: ${images.join(', ')}`
  return [{ code: 'node/images-missing', subject: name, node: name, message, seenBy: 'agent' }]
}

function failedRepair({ node: { name }, repair }: Member): Found[] {
  if (repair === null || !isFailedRepair(repair)) return []
  const [why] = repair.error?.message.split('\n') ?? []
  const message = `the last repair of node ${name} ${repair.state === 'failed' ? 'failed' : `is ${repair.state}`}${why ? `: ${why}` : ''}`
  const since = repair.endedAt ?? undefined
  return [{ code: 'repair/failed', subject: name, node: name, message, since, seenBy: 'controller' }]
}

/** It still blocks repairs of other masters: it may have stopped etcd, and may continue at any time. */
function slowRepair(member: Member, now: Date): Found[] {
  const { node, repair } = member
  if (repair === null || !isInRepair(member)) return []
  const since = repair.createdAt
  if (now.getTime() - Date.parse(since) < LONGEST_REPAIR_MS) return []
  const { name } = node
  const others = isMaster(member) ? '; no other master is repaired meanwhile' : ''
  const message = `the repair of node ${name}, started at ${since}, has not ended within ${LONGEST_REPAIR_MS / 60_000} minutes${others}`
  return [{ code: SLOW_REPAIR, subject: name, node: name, message, since, seenBy: 'controller' }]
}

function operatorSilent(reportAt: string): Found {
  const message = 'the operator does not report: the state of Kubernetes is unknown'
  return { code: 'operator/silent', subject: '', node: null, message, since: reportAt, seenBy: 'controller' }
}

function apiNotReady(): Found {
  const message = 'the API server is not ready: the reported state of nodes and pods may be out of date'
  return { code: 'api/not-ready', subject: '', node: null, message, seenBy: 'operator' }
}

function dnsSilent(): Found {
  const message = "the cluster's DNS does not answer"
  return { code: 'dns/no-answer', subject: '', node: null, message, seenBy: 'operator' }
}

/** By the type of the condition in Kubernetes. */
const CONDITIONS: Readonly<Record<string, { code: string; is: string }>> = {
  Ready: { code: 'node/not-ready', is: 'is not Ready' },
  DiskPressure: { code: 'node/disk-pressure', is: 'has disk pressure' },
  MemoryPressure: { code: 'node/memory-pressure', is: 'has memory pressure' },
  PIDPressure: { code: 'node/pid-pressure', is: 'has PID pressure' },
  NetworkUnavailable: { code: 'node/network-unavailable', is: 'has no pod network' },
}

function nodeProblems(name: string, reported: OperatorReport['nodes'][number] | undefined): Found[] {
  const own = { subject: name, node: name, seenBy: 'operator' } as const
  if (!reported) return [{ ...own, code: 'node/not-registered', message: `node ${name} is not in the cluster` }]
  const unhealthy = reported.unhealthy ?? []
  // An older operator reports only whether the node is Ready.
  const isPlain = !reported.ready && unhealthy.every(({ type }) => type !== 'Ready')
  const plain: typeof unhealthy = isPlain ? [{ type: 'Ready', reason: '', message: '' }] : []
  return [...unhealthy, ...plain].flatMap(({ type, reason, message, since }) => {
    const { code, is } = CONDITIONS[type] ?? {}
    if (code === undefined) return []
    return [{ ...own, code, message: `node ${name} ${is}${because({ reason, message })}`, since }]
  })
}

const keyOf = ({ code, subject }: Pick<KnownProblem, 'code' | 'subject'>) => `${code} ${subject}`

function graceOf({ code, seenBy }: Found): number {
  if (seenBy === 'controller') return 0
  return SLOW.test(code) ? GRACE_MS.slow : GRACE_MS.other
}

/** In the controller's format, so that times sort as text; undefined if it is not a time. */
function isoOf(time: string | undefined): string | undefined {
  const ms = time === undefined ? Number.NaN : Date.parse(time)
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString()
}
