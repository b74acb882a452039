import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { CERTIFICATE_KINDS, type CertificateKind } from '../../protocol/api/access.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import { refusal } from '../domain/admission.ts'
import type { HasStore } from '../ports.ts'

export interface Identity {
  kind: CertificateKind
  /** The certificate's common name: id of a node or a cluster, or an administrator's name. */
  name: string
  certificate: X509Certificate
}

const SUBJECT = /^O=cantrip:([a-z]+)\nCN=([a-z0-9-]{1,64})$/
const NEW_CREDENTIALS = 'create new credentials on the controller'

/**
 * The identity of the client, from the certificate that TLS has verified against the controller's CA. A resumed TLS session
 * skips verification, so the validity is checked again here.
 */
export function identify(socket: TLSSocket, now: Date): Identity {
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined
  if (!certificate) throw refusal('identity/none', 'found no client certificate of this controller', NEW_CREDENTIALS)
  if (now < certificate.validFromDate || now > certificate.validToDate) {
    const found = `the certificate is valid from ${certificate.validFrom} to ${certificate.validTo}`
    throw refusal('identity/expired', found, 'enrol again, or correct the clock')
  }
  return readSubject(certificate)
}

function readSubject(certificate: X509Certificate): Identity {
  const [, organization, name] = SUBJECT.exec(certificate.subject) ?? []
  const kind = CERTIFICATE_KINDS.find((each) => each === organization)
  if (!kind || !name) throw refusal('identity/unknown-role', 'found a certificate of an unknown kind', NEW_CREDENTIALS)
  return { kind, name, certificate }
}

/** Refuses a valid certificate of the wrong kind, and one of a node or cluster that no longer exists. */
export async function admit({ store }: HasStore, identity: Identity, kinds: readonly CertificateKind[]): Promise<void> {
  if (!kinds.includes(identity.kind)) {
    const found = `found a certificate of kind ${identity.kind}; wanted ${kinds.join(' or ')}`
    throw refusal('identity/wrong-role', found, `use credentials of kind ${kinds.join(' or ')}`)
  }
  if (identity.kind === 'node') {
    const node = await store.node(identity.name)
    if (node && node.state !== 'REMOVED') return
    throw refusal(
      'node/removed',
      'an administrator removed this node',
      remedy`${{ do: 'shell', command: 'agent uninstall' }}, then install again`,
    )
  }
  const isOfCluster = identity.kind === 'operator' || identity.kind === 'enrol'
  if (isOfCluster && !(await store.cluster(identity.name))) {
    throw refusal('cluster/gone', 'the cluster of this certificate was deleted', NEW_CREDENTIALS)
  }
}
