import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { CERTIFICATE_KINDS, type CertificateKind } from '../../protocol/api/access.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import { refusal } from '../domain/admission.ts'
import { admitKey } from '../nodes/node-certificate.ts'
import { admitOperator } from '../nodes/operator-certificate.ts'
import type { Services } from '../services.ts'

export interface Identity {
  kind: CertificateKind
  /** The certificate's common name: id of a node or a cluster, or an administrator's name. */
  name: string
  certificate: X509Certificate
  /** From which the client connects. */
  address: string
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
  const address = socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'unknown'
  return { ...readSubject(certificate), certificate, address }
}

function readSubject(certificate: X509Certificate): Pick<Identity, 'kind' | 'name'> {
  const [, organization, name] = SUBJECT.exec(certificate.subject) ?? []
  const kind = CERTIFICATE_KINDS.find((each) => each === organization)
  if (!kind || !name) throw refusal('identity/unknown-role', 'found a certificate of an unknown kind', NEW_CREDENTIALS)
  return { kind, name }
}

/** Refuses a valid certificate of the wrong kind, a retired one, and one of a node or cluster that no longer exists. */
export async function admit(ports: Services, identity: Identity, kinds: readonly CertificateKind[]): Promise<void> {
  if (!kinds.includes(identity.kind)) {
    const found = `found a certificate of kind ${identity.kind}; wanted ${kinds.join(' or ')}`
    throw refusal('identity/wrong-role', found, `use credentials of kind ${kinds.join(' or ')}`)
  }
  const { store } = ports
  if (identity.kind === 'node') {
    const node = await store.node(identity.name)
    if (node && node.state !== 'REMOVED') return admitKey(ports, node, identity)
    throw refusal(
      'node/removed',
      'an administrator removed this node',
      remedy`${{ do: 'shell', command: 'agent uninstall' }}, then install again`,
    )
  }
  if (identity.kind === 'operator') return admitOperator(ports, identity.name, identity.certificate)
  if (identity.kind === 'enrol' && !(await store.cluster(identity.name))) {
    throw refusal('cluster/gone', 'the cluster of this certificate was deleted', NEW_CREDENTIALS)
  }
}
