import type { X509Certificate } from 'node:crypto'
import type { TLSSocket } from 'node:tls'
import type { HasAuthority, HasClock, HasLateRenewals } from '../../ports.ts'

type Ports = HasAuthority & Pick<HasClock, 'now'> & HasLateRenewals

/** A year, and some time to notice. */
export const LATE_RENEWAL_DAYS = 400

const NODE = /^O=cantrip:node\nCN=[a-z0-9-]{1,64}$/
const passed = new WeakSet<TLSSocket>()

/**
 * Notes whether the certificate of this connection has no fault but that it has expired, is of a node, and may still be renewed.
 * TLS tells one fault of several, so that all else is verified here: the signature with the key of a trusted CA that is valid itself,
 * and the dates. That the client has the key was verified in the handshake, whatever the certificate.
 */
export function passIfOnlyExpired({ authority, now, lateRenewalMs }: Ports, socket: TLSSocket): boolean {
  if (String(socket.authorizationError) !== 'CERT_HAS_EXPIRED') return false
  const certificate = socket.getPeerX509Certificate()
  if (!certificate || !NODE.test(certificate.subject)) return false
  if (!authority.hasSigned(certificate, now()) || !isLate(certificate, now(), lateRenewalMs)) return false
  passed.add(socket)
  return true
}

/** Whether the certificate of this connection was verified: by TLS, or above. */
export const isVerified = (socket: TLSSocket): boolean => socket.authorized || passed.has(socket)

/** Whether it expired, and not longer ago than this. */
export function isLate({ validToDate }: Pick<X509Certificate, 'validToDate'>, now: Date, mostMs: number): boolean {
  const lateMs = now.getTime() - validToDate.getTime()
  return lateMs > 0 && lateMs <= mostMs
}
