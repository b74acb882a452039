import { type KeyObject, X509Certificate } from 'node:crypto'
import { readCsr } from '../../pki/csr.ts'
import { fingerprint, spki } from '../../pki/key.ts'
import type { Core } from '../core.ts'
import { refusal } from '../domain/admission.ts'
import type { Enrolment } from '../domain/records.ts'

const DAYS = 30

export function issueNodeCertificate(core: Core, nodeId: string, publicKey: KeyObject): string {
  return core.authority.clientCertificate({ role: 'node', identity: nodeId, publicKey, days: DAYS, now: core.now() })
}

/** Whether less than half of its life is left. */
export function isHalfOver(certificate: string, now: Date): boolean {
  return new X509Certificate(certificate).validToDate.getTime() - now.getTime() <= (DAYS / 2) * 86_400_000
}

/**
 * A certificate for the node's fresh key. It stands beside the present one until the node has connected with it, so that
 * a node that loses it on the way goes on with what it has, and asks again.
 */
export function nextCertificate(core: Core, nodeId: string, csr: string): string {
  const { publicKey } = readCsr(csr)
  const name = fingerprint(publicKey)
  return core.store.transaction(() => {
    const { fingerprint: present, next } = enrolmentOf(core, nodeId)
    if (next?.fingerprint === name) return next.certificate
    if (core.store.enrolments.get(name)) {
      throw refusal('node/key-in-use', `the key ${name} is in use already; wanted a fresh one`, 'make a new key')
    }
    const certificate = issueNodeCertificate(core, nodeId, publicKey)
    const key = { fingerprint: name, publicKey: spki(publicKey).toString('base64') }
    core.store.enrolments.update(present, { next: { ...key, certificate } })
    return certificate
  })
}

/** The node has connected, and so the pair that it showed is safe on its side: a next one becomes the present one. */
export function adoptKey(core: Core, nodeId: string, shown: X509Certificate): void {
  const { fingerprint: present, next } = enrolmentOf(core, nodeId)
  if (!next || fingerprint(shown.publicKey) !== next.fingerprint) return
  core.store.enrolments.update(present, { ...next, next: null })
  core.log(`node ${nodeId} has a new key: ${next.fingerprint}`)
  core.changes.announce()
}

function enrolmentOf(core: Core, nodeId: string): Enrolment {
  const [enrolment] = core.store.enrolments.where('node_id = ?', nodeId)
  if (!enrolment) throw new Error(`node ${nodeId} was never enrolled`)
  return enrolment
}
