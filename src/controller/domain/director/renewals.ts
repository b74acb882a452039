import { isDueForRenewal, partLeft } from '../../../protocol/certificates/expiry.ts'
import type { NodeCertificate } from '../../../protocol/certificates/node-certificate.ts'
import { SILENT_MS } from '../problems/problems.ts'
import type { Run } from '../records.ts'
import { isMaster } from '../shape.ts'
import type { Member, Situation } from '../situation.ts'
import { isActive } from '../upgrade/upgrade.ts'
import { isFailedRepair } from './repairs.ts'

/** After a run that renews, whatever came of it: a certificate that it cannot renew would be tried for ever. */
const AGAIN_MS = 6 * 3_600_000
/** How long a certificate of an operator is valid that renews it. */
export const OPERATOR_DAYS = 30
const DAY_MS = 86_400_000
/** They restart nothing, and download nothing. */
const WORKERS_AT_ONCE = 100

/**
 * The nodes that renew their certificates now: workers in parallel; masters one at a time, only while no run is open on another one and
 * none has failed, because a renewal restarts the API server. None during an upgrade, which renews them too.
 */
export function renewalsToStart(situation: Situation): string[] {
  const { cluster, members, now } = situation
  if (isActive(cluster.upgrade)) return []
  const isDueNow = (member: Member) => isDue(member, now) || hasExpiredOperator(situation, member)
  const due = members.filter((member) => mayBegin(member, now) && isDueNow(member))
  const masters = members.filter(isMaster)
  const isFree = masters.every((master) => !isBusy(master) && !hasFailed(master, now))
  const next = isFree ? due.find(isMaster) : undefined
  const busy = members.filter((member) => !isMaster(member) && isBusy(member)).length
  const workers = due.filter((member) => !isMaster(member)).slice(0, Math.max(0, WORKERS_AT_ONCE - busy))
  return [...(next ? [next] : []), ...workers].map(({ node }) => node.id)
}

const isBusy = ({ run, repair }: Member) => run?.state === 'open' || repair?.state === 'open'

function mayBegin({ node, ...member }: Member, now: Date): boolean {
  if (node.state !== 'READY' || node.leaving !== 'no' || node.silent !== 'no' || isBusy({ node, ...member }))
    return false
  const { repair } = member
  const renewal = repair?.role === 'renew' ? repair : undefined
  if (renewal && !isOver(renewal, now)) return false
  // The error of a renewal does not keep from the next one; any other has to be mended first.
  return (
    node.error === null || (renewal !== undefined && isFailedRepair(renewal) && node.error.code === codeOf(renewal))
  )
}

const isOver = ({ endedAt, createdAt }: Run, now: Date) => now.getTime() - Date.parse(endedAt ?? createdAt) >= AGAIN_MS

const codeOf = ({ error, state }: Run) => error?.code ?? `run/${state}`

const hasFailed = ({ repair }: Member, now: Date) =>
  repair !== null && isFailedRepair(repair) && !(repair.role === 'renew' && isOver(repair, now))

/** By the node's last facts. */
function isDue({ node }: Member, now: Date): boolean {
  return node.facts?.certificates?.some((certificate) => isRenewable(certificate, now)) === true
}

/**
 * An operator renews its certificate over its own connection, so one that was off, or without its controller, for too long cannot.
 * The master with its certificate gets another one. It is silent: one of an earlier build can have a longer certificate.
 */
function hasExpiredOperator({ cluster, now, reportSilentMs }: Situation, { node }: Member): boolean {
  if (cluster.operatorSince === null || node.operatorKeys.length === 0 || reportSilentMs < SILENT_MS) return false
  return now.getTime() >= Date.parse(cluster.operatorSince) + OPERATOR_DAYS * DAY_MS
}

function isRenewable(certificate: NodeCertificate, now: Date): boolean {
  const { owner, renewedBy } = certificate
  // A kubelet renews its own, until it has expired. An agent renews its own by itself.
  if (renewedBy === 'kubelet') return partLeft(certificate, now) <= 0
  return renewedBy === 'agent' && owner !== 'agent' && isDueForRenewal(certificate, now)
}
