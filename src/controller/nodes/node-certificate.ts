import { type KeyObject, X509Certificate } from 'node:crypto'
import { readCsr } from '../../pki/csr.ts'
import { fingerprint, spki } from '../../pki/key.ts'
import { refusal } from '../domain/admission.ts'
import type { Enrolment, Node } from '../domain/records.ts'
import type { HasAnnouncements, HasAuthority, HasClock, HasLog, HasStore, HasTurns } from '../ports.ts'
import { changeCluster } from '../reconcile/change-cluster.ts'
import { isLater, nextNumber } from './order-of-certificates.ts'
import { type Alarming, LATER_KEY_FIX, raiseAlarm } from './raise-alarm.ts'

const DAYS = 30
const INSTALL_AGAIN =
  'if the disk of this machine was restored from a backup, remove its node.pem and install the agent again'

type Issuing = HasAuthority & Pick<HasClock, 'now'>

/** `issuer`: fingerprint of the CA, which the node trusts. */
export function issueNodeCertificate(
  { authority, now }: Issuing,
  enrolment: Enrolment,
  publicKey: KeyObject,
  issuer: string | undefined,
): string {
  const order = { kind: 'node', identity: enrolment.nodeId, publicKey, days: DAYS, now: now(), issuer } as const
  return authority.clientCertificate({ ...order, number: nextNumber(enrolment) })
}

/** What the client of a connection has shown. */
interface Presented {
  certificate: X509Certificate
  fingerprint: string
  address: string
}

/** Whether half of the validity is over. */
export function isHalfOver(certificate: string, now: Date): boolean {
  return new X509Certificate(certificate).validToDate.getTime() - now.getTime() <= (DAYS / 2) * 86_400_000
}

/** Whether this trusted CA issued the certificate. */
export function isOf({ authority }: HasAuthority, certificate: string, issuer: string | undefined): boolean {
  return issuer === undefined || authority.issuerOf(new X509Certificate(certificate)) === issuer
}

/**
 * A certificate for the node's new key. The current one remains valid until the node connects with the new one, so a node
 * that loses the answer can continue, and request it again.
 */
export async function nextCertificate(
  ports: Issuing & HasStore & HasTurns,
  nodeId: string,
  csr: string,
  issuer: string | undefined,
): Promise<string> {
  const { publicKey } = readCsr(csr)
  const name = fingerprint(publicKey)
  const isInUse = (await ports.store.enrolment(name)) !== undefined
  const done = await changeEnrolment(ports, nodeId, (enrolment) => {
    const { next } = enrolment
    if (next?.fingerprint === name && isOf(ports, next.certificate, issuer)) return { answer: next.certificate }
    if (isInUse && next?.fingerprint !== name) {
      throw refusal('node/key-in-use', `the key ${name} is already in use; wanted a new key`, 'create a new key')
    }
    const certificate = issueNodeCertificate(ports, enrolment, publicKey, issuer)
    const key = { fingerprint: name, publicKey: spki(publicKey).toString('base64') }
    return { answer: certificate, to: { next: { ...key, certificate } } }
  })
  return done
}

/**
 * Throws unless the key of the certificate is the present or the next one of the node. The CA issues certificates of this node for
 * its own keys only, and records each before anybody gets it. So any other key is a retired one, whose use raises an alarm; or
 * it was issued after the newest one of the store, which was restored from a backup: then it is the node's present key.
 */
export async function admitKey(
  ports: Alarming,
  node: Node,
  { certificate, fingerprint: name, address }: Presented,
): Promise<void> {
  if (await isPresentKey(ports, node.id, name)) return
  const enrolment = await ports.store.enrolmentOf(node.id)
  if (enrolment?.fingerprint === name || enrolment?.next?.fingerprint === name) return
  if (enrolment && isLater(certificate, enrolment)) return restoreKey(ports, node.id, certificate)
  await raiseAlarm(ports, node.id, {
    code: 'node/retired-key',
    message: `a retired key of this node was used from ${address}, and refused: ${name}`,
    fix: `look for the program at ${address} that has the key. If it is the node itself, whose disk was restored from a backup, remove its node.pem and install the agent again; otherwise the key was copied from it before it was renewed`,
  })
  const found = `the key ${name} of this node was retired when the node connected with a newer one`
  throw refusal('identity/retired', found, INSTALL_AGAIN)
}

/**
 * Like admitKey, for a certificate that has expired: it changes nothing, and raises no alarm, which anybody with a copy of an old
 * disk could cause for ever.
 */
export async function admitLateKey(
  { store }: HasStore,
  { id, name }: Node,
  { fingerprint: key }: Presented,
): Promise<void> {
  const enrolment = await store.enrolmentOf(id)
  if (enrolment?.fingerprint === key || enrolment?.next?.fingerprint === key) return
  throw refusal('identity/retired', `the key ${key} is not one that node ${name} has now`, INSTALL_AGAIN)
}

/** Whoever restored an old store has to see which keys it did not have. */
async function restoreKey(ports: Alarming, nodeId: string, presented: X509Certificate): Promise<void> {
  const name = fingerprint(presented.publicKey)
  const to = {
    ...{ fingerprint: name, publicKey: spki(presented.publicKey).toString('base64') },
    ...{ certificate: presented.toString(), next: null },
  }
  const isRestored = await changeEnrolment(ports, nodeId, (current) =>
    isLater(presented, current) ? { answer: true, to } : { answer: current.fingerprint === name },
  )
  if (!isRestored) throw refusal('identity/retired', `the key ${name} of this node was retired`, INSTALL_AGAIN)
  await raiseAlarm(ports, nodeId, {
    code: 'node/later-key',
    message: `the node has a key that the store does not have, ${name}: it was issued after the backup that was restored, and is admitted`,
    fix: LATER_KEY_FIX,
  })
}

/** Whether the node was issued a certificate for this key, and has not connected with it yet. */
export async function isNextKey({ store }: HasStore, nodeId: string, name: string): Promise<boolean> {
  if (await isPresentKey({ store }, nodeId, name)) return false
  return (await store.enrolmentOf(nodeId))?.next?.fingerprint === name
}

/** Of nearly all connections. An enrolment is found sooner by its key than by its node. */
async function isPresentKey({ store }: HasStore, nodeId: string, name: string): Promise<boolean> {
  return (await store.enrolment(name))?.nodeId === nodeId
}

/** Replaces the current key when the node has connected with the next one, `name`: the node has stored it. */
export async function adoptKey(
  ports: HasStore & HasTurns & Pick<HasClock, 'now'> & HasLog & HasAnnouncements,
  nodeId: string,
  name: string,
): Promise<void> {
  if (!(await isNextKey(ports, nodeId, name))) return
  await changeEnrolment(ports, nodeId, ({ next }) =>
    next?.fingerprint === name ? { answer: true, to: { ...next, next: null } } : { answer: false },
  )
  ports.log(`node ${nodeId} uses a new key: ${name}`)
  ports.changes.announce()
}

/** Updates a node's enrolment in one transaction. `to`: the changed fields. */
export async function changeEnrolment<T>(
  ports: HasStore & HasTurns & Pick<HasClock, 'now'>,
  nodeId: string,
  work: (enrolment: Enrolment) => { answer: T; to?: Partial<Enrolment> },
): Promise<T> {
  const clusterId = (await ports.store.clustersOf([nodeId])).get(nodeId) ?? ''
  const done = await changeCluster(ports, clusterId, (draft) => {
    const enrolment = draft.enrolments.find((each) => each.nodeId === nodeId)
    if (!enrolment) throw new Error(`node ${nodeId} was never enrolled`)
    const { answer, to } = work(enrolment)
    if (to) draft.setEnrolment(enrolment.fingerprint, to)
    return answer
  })
  if (!done) throw new Error(`node ${nodeId} was never enrolled`)
  return done.result
}
