import { type KeyObject, X509Certificate } from 'node:crypto'
import { readCsr } from '../../pki/csr.ts'
import { fingerprint } from '../../pki/key.ts'
import { refusal } from '../domain/admission.ts'
import { OPERATOR_DAYS } from '../domain/director/renewals.ts'
import type { ClusterData, Draft } from '../domain/draft.ts'
import type { Node } from '../domain/records.ts'
import { firstMaster, isProvisionedMaster, mayRunOperator } from '../domain/shape.ts'
import type { Member } from '../domain/situation.ts'
import type { HasAuthority, HasClock, HasPresence, HasStore, HasTurns } from '../ports.ts'
import { changeCluster } from '../reconcile/change-cluster.ts'
import { situationOf } from '../reconcile/situation-of.ts'
import { type Alarming, LATER_KEY_FIX, raiseAlarm } from './raise-alarm.ts'

/** For an operator of an earlier build, which does not renew its certificate. */
const DAYS_UNRENEWED = 365

type Ports = HasStore & HasTurns & HasClock & HasPresence & HasAuthority

const isEntitled = (ports: Ports, data: ClusterData, nodeId: string) =>
  situationOf(ports, data).members.some((member) => member.node.id === nodeId && mayRunOperator(member))

/**
 * A certificate for the operator, to a node that has started the cluster or is a master of it. It ends with that node. `issuer`: the CA, which the node trusts. Throws
 * `operator/not-due` for any other node.
 */
export async function issueOperatorCertificate(
  ports: Ports,
  { id, clusterId }: Node,
  csr: string,
  renews: boolean,
  issuer: string | undefined,
): Promise<string> {
  const { publicKey } = readCsr(csr)
  const name = fingerprint(publicKey)
  const issued = await changeCluster(ports, clusterId, (draft) => {
    const node = draft.nodes.find((each) => each.id === id)
    if (node === undefined || !isEntitled(ports, draft, id)) return undefined
    // The one before remains valid until the operator of the cluster has got the new one.
    const [last] = node.operatorKeys.filter((each) => each !== name).slice(-1)
    draft.setNode(id, { operatorKeys: last === undefined ? [name] : [last, name] })
    return issue(ports, draft, publicKey, renews ? OPERATOR_DAYS : DAYS_UNRENEWED, issuer)
  })
  if (issued?.result === undefined) {
    const found = 'the node has not started its cluster, and is no master of it'
    throw refusal('operator/not-due', found, 'none needed: only the masters of a cluster need it')
  }
  return issued.result
}

function issue(
  { authority, now }: Ports,
  draft: Draft,
  publicKey: KeyObject,
  days: number,
  issuer: string | undefined,
): string {
  const { id } = draft.cluster
  const certificate = authority.clientCertificate({
    kind: 'operator',
    identity: id,
    publicKey,
    days,
    now: now(),
    issuer,
  })
  // Never back, when the clock was ahead: a former one would count as later.
  const since = [draft.cluster.operatorSince ?? '', validSince(new X509Certificate(certificate))]
  draft.setCluster({ operatorSince: since.sort().at(-1) ?? null })
  return certificate
}

const validSince = ({ validFromDate }: X509Certificate) => validFromDate.toISOString()

/** A certificate for the operator's new key, which ends with the same node. The one it was requested with stays valid. */
export async function renewOperatorCertificate(
  ports: Ports,
  { name: clusterId, fingerprint: present }: { name: string; fingerprint: string },
  csr: string,
  issuer: string | undefined,
): Promise<string> {
  const { publicKey } = readCsr(csr)
  const done = await changeCluster(ports, clusterId, (draft) => {
    const recorded = draft.nodes.find(({ operatorKeys }) => operatorKeys.includes(present))
    // An earlier build did not record it.
    const holder = recorded ?? firstMaster(situationOf(ports, draft).members)
    if (!holder || !isEntitled(ports, draft, holder.id)) return undefined
    draft.setNode(holder.id, { operatorKeys: [present, fingerprint(publicKey)] })
    return issue(ports, draft, publicKey, OPERATOR_DAYS, issuer)
  })
  if (done?.result === undefined) throw refusal('operator/not-due', 'the cluster has no master', 'none needed')
  return done.result
}

/**
 * Lets another master issue a new certificate for the operator, by a repair, if the operator's present one ends with this node:
 * the node is leaving, or was removed.
 */
export function handOverOperator(draft: Draft, { id, operatorKeys }: Node, members: readonly Member[]): void {
  if (operatorKeys.length === 0) return
  const staying = members.filter((member) => member.node.id !== id && isProvisionedMaster(member))
  const next = firstMaster(staying)
  if (next?.state === 'READY') draft.setNode(next.id, { attempt: BEFORE_ANY_REPAIR })
}

/** A READY node is repaired if its last run is of an attempt before the last one with repairs. */
const BEFORE_ANY_REPAIR = -1

/**
 * Throws unless the certificate was issued to a node that is still a master of the cluster. The CA records from when the newest one is
 * valid before anybody gets it: a later one was issued after the backup from which the store was restored, and is admitted.
 */
export async function admitOperator(
  ports: Ports & Alarming,
  clusterId: string,
  { fingerprint: name, certificate }: { fingerprint: string; certificate: X509Certificate },
): Promise<void> {
  const data = await ports.store.load(clusterId)
  if (data === undefined) throw refusal('cluster/gone', 'the cluster of this certificate was deleted', 'none needed')
  const { operatorSince } = data.cluster
  const holder = data.nodes.find(({ operatorKeys }) => operatorKeys.includes(name))
  if (holder && isEntitled(ports, data, holder.id)) return
  // Certificates of earlier builds are not recorded. They end with the first one that is.
  const isRecorded = operatorSince !== null || data.nodes.some(({ operatorKeys }) => operatorKeys.length > 0)
  if (!holder && !isRecorded) return
  const isLater = operatorSince !== null && validSince(certificate) > operatorSince
  if (!holder && isLater && (await restoreOperator(ports, clusterId, name, certificate))) return
  const found = 'the node that this certificate was issued to is no longer a master of the cluster, or has a newer one'
  throw refusal('identity/retired', found, 'provision the cluster again, which renews the certificate of its operator')
}

/** Whether it is now the present one of the cluster. Whoever restored an old store has to see which keys it did not have. */
async function restoreOperator(
  ports: Ports & Alarming,
  clusterId: string,
  name: string,
  certificate: X509Certificate,
): Promise<boolean> {
  const since = validSince(certificate)
  const done = await changeCluster(ports, clusterId, (draft) => {
    const { operatorSince } = draft.cluster
    const last = draft.nodes.find(({ operatorKeys }) => operatorKeys.length > 0)
    const holder = last ?? firstMaster(situationOf(ports, draft).members)
    if (!holder || !isEntitled(ports, draft, holder.id)) return undefined
    if (operatorSince === null || since <= operatorSince)
      return holder.operatorKeys.includes(name) ? holder.id : undefined
    draft.setNode(holder.id, { operatorKeys: [name] })
    draft.setCluster({ operatorSince: since })
    return holder.id
  })
  const nodeId = done?.result
  if (nodeId === undefined) return false
  await raiseAlarm(ports, nodeId, {
    code: 'operator/later-key',
    message: `the operator of the cluster has a key that the store does not have, ${name}: it was issued after the backup that was restored, and is admitted`,
    fix: LATER_KEY_FIX,
  })
  return true
}
