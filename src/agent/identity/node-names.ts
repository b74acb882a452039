import { createPublicKey, X509Certificate } from 'node:crypto'
import { AgentError } from '../../base/agent-error.ts'
import { fingerprint } from '../../pki/key.ts'
import type { AgentPaths } from '../paths.ts'
import { incomplete, type NodeIdentity } from './identity.ts'
import { isIssuedBy } from './trust.ts'

/** The node id, which the controller assigned in the certificate's common name. */
export function nodeIdOf(
  { cert }: Pick<NodeIdentity, 'cert'>,
  { nodeIdentity }: Pick<AgentPaths, 'nodeIdentity'>,
): string {
  const nodeId = /^CN=(.+)$/m.exec(new X509Certificate(cert).subject)?.[1]
  if (nodeId === undefined) throw incomplete(nodeIdentity)
  return nodeId
}

/** Fingerprint of a private key in PEM. */
export function keyFingerprint(key: string): string {
  return fingerprint(createPublicKey(key))
}

/** The certificate's period of validity. */
export function validityOf({ cert }: Pick<NodeIdentity, 'cert'>): { from: Date; to: Date } {
  const { validFromDate, validToDate } = new X509Certificate(cert)
  return { from: validFromDate, to: validToDate }
}

/** Undefined while the certificate is valid by this machine's clock. */
export function expiryOf(identity: Pick<NodeIdentity, 'cert'>, now: Date): AgentError | undefined {
  const { to } = validityOf(identity)
  if (now <= to) return undefined
  const found = `the certificate of this node expired at ${to.toISOString()}; the clock of this machine is at ${now.toISOString()}`
  return new AgentError('identity/expired', found, {
    fix: 'none needed if the controller answers: the agent renews it there. If the controller refuses, run the installation again with NAME.pem and its passphrase, which keeps the node; if the clock is wrong, set it: timedatectl set-ntp true',
    kind: 'refused',
  })
}

/** Throws unless the certificate is for the key with this fingerprint and was issued by one of these certificate authorities. */
export function requireIssuedFor(certificate: string, ca: string, keyFingerprint: string): void {
  const issued = new X509Certificate(certificate)
  const isValid = fingerprint(issued.publicKey) === keyFingerprint && isIssuedBy(ca, certificate)
  if (isValid) return
  throw new AgentError(
    'enrol/foreign-certificate',
    'the controller sent a certificate for another key or of another CA',
    { fix: 'check that the URL belongs to a Cantrip controller of this cluster' },
  )
}
