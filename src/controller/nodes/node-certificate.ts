import { type KeyObject, X509Certificate } from 'node:crypto'
import { readCsr } from '../../pki/csr.ts'
import { fingerprint, spki } from '../../pki/key.ts'
import { refusal } from '../domain/admission.ts'
import type { Enrolment } from '../domain/records.ts'
import type { HasAnnouncements, HasAuthority, HasClock, HasLog, HasStore, HasTurns } from '../ports.ts'
import { changeCluster } from '../reconcile/change-cluster.ts'

const DAYS = 30

type Issuing = HasAuthority & Pick<HasClock, 'now'>

export function issueNodeCertificate({ authority, now }: Issuing, nodeId: string, publicKey: KeyObject): string {
  return authority.clientCertificate({ role: 'node', identity: nodeId, publicKey, days: DAYS, now: now() })
}

/** Whether less than half of its life is left. */
export function isHalfOver(certificate: string, now: Date): boolean {
  return new X509Certificate(certificate).validToDate.getTime() - now.getTime() <= (DAYS / 2) * 86_400_000
}

/**
 * A certificate for the node's fresh key. It stands beside the present one until the node has connected with it, so that
 * a node that loses it on the way goes on with what it has, and asks again.
 */
export async function nextCertificate(
  ports: Issuing & HasStore & HasTurns,
  nodeId: string,
  csr: string,
): Promise<string> {
  const { publicKey } = readCsr(csr)
  const name = fingerprint(publicKey)
  const isInUse = (await ports.store.enrolment(name)) !== undefined
  const done = await changeEnrolment(ports, nodeId, ({ next }) => {
    if (next?.fingerprint === name) return { answer: next.certificate }
    if (isInUse) {
      throw refusal('node/key-in-use', `the key ${name} is in use already; wanted a fresh one`, 'make a new key')
    }
    const certificate = issueNodeCertificate(ports, nodeId, publicKey)
    const key = { fingerprint: name, publicKey: spki(publicKey).toString('base64') }
    return { answer: certificate, to: { next: { ...key, certificate } } }
  })
  return done
}

/** The node has connected, and so the pair that it showed is safe on its side: a next one becomes the present one. */
export async function adoptKey(
  ports: HasStore & HasTurns & Pick<HasClock, 'now'> & HasLog & HasAnnouncements,
  nodeId: string,
  shown: X509Certificate,
): Promise<void> {
  const name = fingerprint(shown.publicKey)
  if ((await ports.store.enrolmentOf(nodeId))?.next?.fingerprint !== name) return
  await changeEnrolment(ports, nodeId, ({ next }) =>
    next?.fingerprint === name ? { answer: true, to: { ...next, next: null } } : { answer: false },
  )
  ports.log(`node ${nodeId} has a new key: ${name}`)
  ports.changes.announce()
}

/** `to`: what of it changes. Also used for a node's first certificate. */
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
