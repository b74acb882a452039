import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { CERTIFICATE_ROLES, type CertificateRole } from '../../protocol/api/access.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import { refusal } from '../domain/admission.ts'
import type { HasStore } from '../ports.ts'

export interface Identity {
  role: CertificateRole
  /** The certificate's common name: id of a node or a cluster, or an administrator's name. */
  name: string
  certificate: X509Certificate
}

const SUBJECT = /^O=cantrip:([a-z]+)\nCN=([a-z0-9-]{1,64})$/
const NEW_CREDENTIALS = 'make new credentials with the controller'

/**
 * Who is at the other end, by the certificate that TLS has verified against our CA. Resumed sessions bring theirs along,
 * so that its dates are looked at again here.
 */
export function identify(socket: TLSSocket, now: Date): Identity {
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined
  if (!certificate) throw refusal('identity/none', 'found no client certificate of this controller', NEW_CREDENTIALS)
  if (now < certificate.validFromDate || now > certificate.validToDate) {
    const found = `the certificate is valid from ${certificate.validFrom} to ${certificate.validTo}`
    throw refusal('identity/expired', found, 'enrol again, or set the clock')
  }
  return readSubject(certificate)
}

function readSubject(certificate: X509Certificate): Identity {
  const [, roleName, name] = SUBJECT.exec(certificate.subject) ?? []
  const role = CERTIFICATE_ROLES.find((each) => each === roleName)
  if (!role || !name) throw refusal('identity/unknown-role', 'found a certificate without a role', NEW_CREDENTIALS)
  return { role, name, certificate }
}

/** A valid certificate of the wrong role is refused, and so is one of a node or cluster that is no longer there. */
export async function admit({ store }: HasStore, identity: Identity, roles: readonly CertificateRole[]): Promise<void> {
  if (!roles.includes(identity.role)) {
    const found = `found a certificate of role ${identity.role}; wanted ${roles.join(' or ')}`
    throw refusal('identity/wrong-role', found, 'use the credentials that are meant for this')
  }
  if (identity.role === 'node') {
    const node = await store.node(identity.name)
    if (node && node.state !== 'REMOVED') return
    throw refusal(
      'node/removed',
      'an administrator removed this node',
      remedy`${{ do: 'shell', command: 'agent uninstall' }}, then install again`,
    )
  }
  const isOfCluster = identity.role === 'operator' || identity.role === 'enrol'
  if (isOfCluster && !(await store.cluster(identity.name))) {
    throw refusal('cluster/gone', 'the cluster of this certificate was deleted', NEW_CREDENTIALS)
  }
}
