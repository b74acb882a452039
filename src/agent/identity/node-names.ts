import { createPublicKey, X509Certificate } from 'node:crypto'
import { AgentError } from '../../base/agent-error.ts'
import { fingerprint } from '../../pki/key.ts'
import type { AgentPaths } from '../paths.ts'
import { incomplete, type NodeIdentity } from './identity.ts'

/** The controller gave the node its id in the certificate. */
export function nodeIdOf(
  { cert }: Pick<NodeIdentity, 'cert'>,
  { nodeIdentity }: Pick<AgentPaths, 'nodeIdentity'>,
): string {
  const nodeId = /^CN=(.+)$/m.exec(new X509Certificate(cert).subject)?.[1]
  if (nodeId === undefined) throw incomplete(nodeIdentity)
  return nodeId
}

/** Of a private key in PEM. */
export function keyFingerprint(key: string): string {
  return fingerprint(createPublicKey(key))
}

/** When a certificate begins and ends to be valid. */
export function lifeOf({ cert }: Pick<NodeIdentity, 'cert'>): { from: Date; to: Date } {
  const { validFromDate, validToDate } = new X509Certificate(cert)
  return { from: validFromDate, to: validToDate }
}

/** Undefined while the certificate is valid by this machine's clock. */
export function expiryOf(identity: Pick<NodeIdentity, 'cert'>, now: Date): AgentError | undefined {
  const { to } = lifeOf(identity)
  if (now <= to) return undefined
  const found = `the certificate of this node expired at ${to.toISOString()}; it is ${now.toISOString()} here`
  return new AgentError('identity/expired', found, {
    fix: 'run the installation again with NAME.pem and its passphrase: the node stays what it is; or set the clock (timedatectl set-ntp true)',
    kind: 'refused',
  })
}

/** Throws unless our authority issued the certificate for the key of this fingerprint. */
export function requireOurs(certificate: string, ca: string, keyFingerprint: string): void {
  const issued = new X509Certificate(certificate)
  const isOurs = fingerprint(issued.publicKey) === keyFingerprint && issued.verify(new X509Certificate(ca).publicKey)
  if (isOurs) return
  throw new AgentError(
    'enrol/foreign-certificate',
    'the controller sent a certificate for another key or of another CA',
    { fix: 'look at the controller: it does not behave as one of ours' },
  )
}
