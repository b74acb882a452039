import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import { unmapped } from '../../base/net/address.ts'
import type { RenderedRemedy } from '../../base/remedy.ts'
import { fingerprintOfCertificate } from '../../pki/key.ts'
import { CERTIFICATE_KINDS, type CertificateKind, type MachineKind } from '../../protocol/api/access.ts'
import { isAllowed } from '../../protocol/api/people/permissions.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import { EVERYTHING, type Grants } from '../access/people/grants.ts'
import { refusal } from '../domain/admission.ts'
import type { SessionHolder, UserSession } from '../domain/identities/record.ts'
import { isLate, isVerified } from './admission/expired.ts'

/** Whoever sends a request. */
export type Identity = MachineIdentity | UserIdentity

interface Client {
  /** For records and logs: the id of a node or a cluster, the name of a person, or `token NAME`. */
  name: string
  /** From which the client connects. */
  address: string
}

export interface MachineIdentity extends Client {
  kind: MachineKind
  certificate: X509Certificate
  /** Only where the route admits it. */
  hasExpired: boolean
  /** Of the key of the certificate; computed when it is first asked for. */
  readonly fingerprint: string
}

/** A person or a program. `administrator`: with a certificate, for when nothing else works. */
export interface Principal {
  kind: 'administrator' | 'account' | 'token'
  name: string
}

export interface UserIdentity extends Client {
  kind: 'user'
  principal: Principal
  grants: Grants
  /** With which a session ends that this user begins elsewhere; null: an account, or a person at the OIDC provider. */
  holder: SessionHolder | null
  /** Of an administrator. */
  certificate?: X509Certificate
  /** Of a token. */
  creator?: string | null
  /** Of somebody who has signed in, and `csrf` for a browser. */
  session?: UserSession
  csrf?: string
}

/** The kind of a machine's certificate; `admin` for a user who may do everything. */
export function kindOf(identity: Identity | null | undefined): MachineKind | 'admin' | 'user' | undefined {
  if (identity?.kind !== 'user') return identity?.kind
  return isAllowed(identity.grants, 'administrate', null) ? 'admin' : 'user'
}

const SUBJECT = /^O=cantrip:([a-z]+)\nCN=([a-z0-9-]{1,64})$/
export const RENEW = remedy`on the controller: ${{ do: 'creds.renew' }}`
/** What a client with an expired certificate needs, by its kind. */
const EXPIRED: Record<CertificateKind, RenderedRemedy> = {
  enrol: RENEW,
  node: remedy`its agent renews it; if that is refused, install again with NAME.pem and its passphrase, which keeps the node; or correct the clock`,
  operator: remedy`${{ do: 'cluster.provision' }}`,
  admin: remedy`ask another administrator: ${{ do: 'admin.create' }}; or use DATA_DIRECTORY/admin.json of the controller`,
}

export const addressOf = ({ remoteAddress }: Pick<TLSSocket, 'remoteAddress'>): string =>
  remoteAddress === undefined ? 'unknown' : unmapped(remoteAddress)

/**
 * The identity of the client, from the certificate that TLS has verified against the controller's CA; undefined if it has shown
 * none. A connection can outlive its certificate, so the validity is checked again here. `lateMs`: how long ago a node's
 * certificate may have expired, for the only route that admits it.
 */
export function identify(socket: TLSSocket, now: Date, lateMs = 0): Identity | undefined {
  const shown = isVerified(socket) ? shownOn(socket) : undefined
  if (!shown) return undefined
  const { certificate, validFrom, validTo } = shown
  shown.subject ??= readSubject(certificate)
  const { kind, name } = shown.subject
  const hasExpired = !socket.authorized || now > validTo
  if (now < validFrom || (hasExpired && !(kind === 'node' && isLate(certificate, now, lateMs)))) {
    const found = `the certificate is valid from ${certificate.validFrom} to ${certificate.validTo}`
    throw refusal('identity/expired', found, EXPIRED[kind])
  }
  const client = { name, certificate, address: addressOf(socket) }
  if (kind === 'admin') {
    const holder = { kind: 'administrator', name, id: certificate.serialNumber } as const
    return { ...client, kind: 'user', principal: { kind: 'administrator', name }, grants: EVERYTHING, holder }
  }
  return {
    ...client,
    kind,
    hasExpired,
    get fingerprint() {
      shown.fingerprint ??= fingerprintOfCertificate(certificate)
      return shown.fingerprint
    },
  }
}

interface Shown {
  certificate: X509Certificate
  validFrom: Date
  validTo: Date
  subject?: { kind: CertificateKind; name: string }
  fingerprint?: string
}

/** By connection: reading a certificate takes longer than all else about a request. */
const shownBy = new WeakMap<TLSSocket, Shown>()

function shownOn(socket: TLSSocket): Shown | undefined {
  const known = shownBy.get(socket)
  if (known) return known
  const certificate = socket.getPeerX509Certificate()
  if (!certificate) return undefined
  const shown = { certificate, validFrom: certificate.validFromDate, validTo: certificate.validToDate }
  shownBy.set(socket, shown)
  return shown
}

/** Like identify; undefined also if each request of this client is refused. */
export function clientOf(socket: TLSSocket, now: Date): Identity | undefined {
  try {
    return identify(socket, now)
  } catch {
    return undefined
  }
}

/** Throws unless the client has shown a certificate. */
export function requireCertificate(socket: TLSSocket, now: Date): Identity {
  const identity = identify(socket, now)
  if (!identity) throw refusal('identity/none', 'found no client certificate of this controller', RENEW)
  return identity
}

function readSubject(certificate: X509Certificate): { kind: CertificateKind; name: string } {
  const [, organization, name] = SUBJECT.exec(certificate.subject) ?? []
  const kind = CERTIFICATE_KINDS.find((each) => each === organization)
  if (!kind || !name) throw refusal('identity/unknown-role', 'found a certificate of an unknown kind', RENEW)
  return { kind, name }
}
