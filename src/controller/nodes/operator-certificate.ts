import type { KeyObject } from 'node:crypto'
import { readCsr } from '../../pki/csr.ts'
import { fingerprint } from '../../pki/key.ts'
import { refusal } from '../domain/admission.ts'
import type { ClusterData, Draft } from '../domain/draft.ts'
import type { Node } from '../domain/records.ts'
import { firstMaster, isProvisionedMaster, mayRunOperator } from '../domain/shape.ts'
import type { Member } from '../domain/situation.ts'
import type { HasAuthority, HasClock, HasPresence, HasStore, HasTurns } from '../ports.ts'
import { changeCluster } from '../reconcile/change-cluster.ts'
import { situationOf } from '../reconcile/situation-of.ts'

const DAYS = 30
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
  const isIssued = await changeCluster(ports, clusterId, (draft) => {
    const node = draft.nodes.find((each) => each.id === id)
    if (node === undefined || !isEntitled(ports, draft, id)) return false
    // The one before remains valid until the operator of the cluster has got the new one.
    const [last] = node.operatorKeys.filter((each) => each !== name).slice(-1)
    draft.setNode(id, { operatorKeys: last === undefined ? [name] : [last, name] })
    return true
  })
  if (isIssued?.result !== true) {
    const found = 'the node has not started its cluster, and is no master of it'
    throw refusal('operator/not-due', found, 'none needed: only the masters of a cluster need it')
  }
  return certificateFor(ports, clusterId, publicKey, renews ? DAYS : DAYS_UNRENEWED, issuer)
}

const certificateFor = (
  { authority, now }: Ports,
  clusterId: string,
  publicKey: KeyObject,
  days: number,
  issuer: string | undefined,
): string => authority.clientCertificate({ kind: 'operator', identity: clusterId, publicKey, days, now: now(), issuer })

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
    if (!holder || !isEntitled(ports, draft, holder.id)) return false
    draft.setNode(holder.id, { operatorKeys: [present, fingerprint(publicKey)] })
    return true
  })
  if (done?.result !== true) throw refusal('operator/not-due', 'the cluster has no master', 'none needed')
  return certificateFor(ports, clusterId, publicKey, DAYS, issuer)
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

/** Throws unless the certificate was issued to a node that is still a master of the cluster. */
export async function admitOperator(ports: Ports, clusterId: string, name: string): Promise<void> {
  const data = await ports.store.load(clusterId)
  if (data === undefined) throw refusal('cluster/gone', 'the cluster of this certificate was deleted', 'none needed')
  const holder = data.nodes.find(({ operatorKeys }) => operatorKeys.includes(name))
  // Certificates of earlier builds are not recorded. They end with the first one that is.
  const isEarlier = data.nodes.every(({ operatorKeys }) => operatorKeys.length === 0)
  if (holder === undefined ? isEarlier : isEntitled(ports, data, holder.id)) return
  const found = 'the node that this certificate was issued to is no longer a master of the cluster, or has a newer one'
  throw refusal('identity/retired', found, 'provision the cluster again, which renews the certificate of its operator')
}
