import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { RenderedRemedy } from '../../base/remedy.ts'
import { fingerprint } from '../../pki/key.ts'
import { CERTIFICATE_KINDS, type CertificateKind } from '../../protocol/api/access.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import { admitAdministrator } from '../access/administrators.ts'
import { refusal, setOf } from '../domain/admission.ts'
import type { Cluster } from '../domain/records.ts'
import { admitKey } from '../nodes/node-certificate.ts'
import { admitOperator } from '../nodes/operator-certificate.ts'
import type { Services } from '../services.ts'

export interface Identity {
  kind: CertificateKind
  /** The certificate's common name: id of a node or a cluster, or an administrator's name. */
  name: string
  certificate: X509Certificate
  /** Of the key of the certificate; computed when it is first asked for. */
  readonly fingerprint: string
  /** From which the client connects. */
  address: string
}

const SUBJECT = /^O=cantrip:([a-z]+)\nCN=([a-z0-9-]{1,64})$/
const RENEW = remedy`on the controller: ${{ do: 'creds.renew' }}`
/** What a client with an expired certificate needs, by its kind. */
const EXPIRED: Record<CertificateKind, RenderedRemedy> = {
  enrol: RENEW,
  node: remedy`install again with NAME.pem and its passphrase, which keeps the node; or correct the clock`,
  operator: remedy`${{ do: 'cluster.provision' }}`,
  admin: remedy`ask another administrator: ${{ do: 'admin.create' }}; or use DATA_DIRECTORY/admin.json of the controller`,
}

/**
 * The identity of the client, from the certificate that TLS has verified against the controller's CA. A resumed TLS session
 * skips verification, so the validity is checked again here.
 */
export function identify(socket: TLSSocket, now: Date): Identity {
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined
  if (!certificate) throw refusal('identity/none', 'found no client certificate of this controller', RENEW)
  const subject = readSubject(certificate)
  if (now < certificate.validFromDate || now > certificate.validToDate) {
    const found = `the certificate is valid from ${certificate.validFrom} to ${certificate.validTo}`
    throw refusal('identity/expired', found, EXPIRED[subject.kind])
  }
  const address = socket.remoteAddress?.replace(/^::ffff:/, '') ?? 'unknown'
  let known: string | undefined
  const name = () => {
    known ??= fingerprint(certificate.publicKey)
    return known
  }
  return {
    ...subject,
    certificate,
    address,
    get fingerprint() {
      return name()
    },
  }
}

function readSubject(certificate: X509Certificate): Pick<Identity, 'kind' | 'name'> {
  const [, organization, name] = SUBJECT.exec(certificate.subject) ?? []
  const kind = CERTIFICATE_KINDS.find((each) => each === organization)
  if (!kind || !name) throw refusal('identity/unknown-role', 'found a certificate of an unknown kind', RENEW)
  return { kind, name }
}

/** Refuses a valid certificate of the wrong kind, a retired or revoked one, and one of a node or cluster that no longer exists. */
export async function admit(ports: Services, identity: Identity, kinds: readonly CertificateKind[]): Promise<void> {
  if (!kinds.includes(identity.kind)) {
    const found = `found a certificate of kind ${identity.kind}; wanted ${kinds.join(' or ')}`
    throw refusal('identity/wrong-role', found, `use credentials of kind ${kinds.join(' or ')}`)
  }
  if (ports.authority.issuerOf(identity.certificate) === undefined) {
    const found = 'the CA that issued the certificate is no longer trusted: the keys of the controller were rotated'
    throw refusal('identity/former-ca', found, RENEW)
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
  if (identity.kind === 'operator') return admitOperator(ports, identity.name, identity.fingerprint)
  if (identity.kind === 'admin') return admitAdministrator(ports, identity.certificate)
  admitInstaller(await store.cluster(identity.name), identity.certificate)
}

function admitInstaller(cluster: Cluster | undefined, { serialNumber }: X509Certificate): void {
  if (!cluster) throw refusal('cluster/gone', 'the cluster of this certificate was deleted', 'create another cluster')
  const set = setOf(cluster, serialNumber)
  const fix = remedy`on the controller: ${{ do: 'creds.renew', cluster: cluster.name }}; then copy both files to this machine`
  if (!set) {
    const found = `the controller does not know these credentials of cluster ${cluster.name}: they were issued after the backup that was restored`
    throw refusal('identity/unknown', found, fix)
  }
  if (set.revokedAt === null) return
  throw refusal('identity/revoked', `credentials ${set.name} of cluster ${cluster.name} were revoked`, fix)
}
