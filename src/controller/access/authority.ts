import { type KeyObject, sign, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { BACKDATE_MS, issueCertificate } from '../../pki/certificate.ts'
import { createKeyPair, keyToPem } from '../../pki/key.ts'
import type { CertificateKind } from '../../protocol/api/access.ts'
import type { Signed } from '../../protocol/wire/signed.ts'
import type { KeySet } from './keys/key-set.ts'
import { type KeyStore, openKeyStore } from './keys/key-store.ts'
import type { Sealer } from './keys/seal-key.ts'

const SERVER_DAYS = 90
/** How far the clock of a node can be behind for a new certificate to be valid there. */

/** What nodes have to trust since the keys were rotated. */
export interface TrustList {
  /** Grows when a rotation begins, and when it ends. */
  generation: number
  /** PEM; the newest is last. */
  authorities: string[]
  /** SPKI DER, base64. */
  instructionKeys: string[]
}

/**
 * The controller's CA, and a separate key that signs instructions. During a rotation there are two of each: both are trusted; the
 * old ones serve and sign, because every node trusts them; the new CA issues certificates to those that trust it.
 */
export interface Authority {
  /** PEM of all trusted CAs, the newest last. Another text after each change. */
  readonly ca: string
  /** Verifies what is signed now: SPKI DER, base64. */
  readonly instructionKey: string
  /** The one that follows it, during a rotation. */
  readonly nextInstructionKey: string | undefined
  /** Undefined if the keys were never rotated: then every node has them from its credentials. */
  readonly trustList: TrustList | undefined
  /** Fingerprints of the trusted CAs, the newest last. */
  readonly issuers: readonly string[]
  /** When the oldest trusted CA was created: no certificate from before is accepted. */
  readonly trustedSince: Date
  /** The fingerprint of the trusted CA that issued a certificate, whose signature is verified; undefined if none did. */
  issuerOf(certificate: X509Certificate): string | undefined
  /** Whether a trusted CA that is valid now has signed the certificate. Also of one that TLS has not verified. */
  hasSigned(certificate: X509Certificate, now: Date): boolean
  /** Issues a new certificate at each call. */
  serverCertificate(hosts: readonly string[], now: Date): { certificate: string; key: string }
  /** `issuer`: fingerprint of a trusted CA; default: the newest. */
  clientCertificate(order: {
    kind: CertificateKind
    identity: string
    publicKey: KeyObject
    days: number
    now: Date
    issuer?: string | undefined
    number?: number | undefined
  }): string
  /** Also signs operations and pair checks; the payload says what it is. */
  signInstruction(payload: string): Signed
  /** Begins a rotation: durable when it returns. */
  beginRotation(now: Date): void
  /** Ends it: only the new keys are trusted, and used. */
  finishRotation(): void
}

/** See `openKeyStore`. */
export function openAuthority(directory: string, now: Date, isInUse: boolean, sealer?: Sealer): Authority {
  const keys = openKeyStore(directory, now, isInUse, sealer)
  const server = createKeyPair()
  const notBefore = (date: Date) => new Date(date.getTime() - BACKDATE_MS)
  let trust = trustOf(keys)
  const newest = () => trust.sets.at(-1) ?? keys.present
  return {
    get ca() {
      return trust.ca
    },
    get instructionKey() {
      return keys.present.instructionKey
    },
    get nextInstructionKey() {
      return keys.next?.instructionKey
    },
    get trustList() {
      return trust.list
    },
    get issuers() {
      return trust.sets.map(({ fingerprint }) => fingerprint)
    },
    get trustedSince() {
      return trust.since
    },
    issuerOf: (certificate) => trust.sets.find(({ parsed }) => certificate.checkIssued(parsed))?.fingerprint,
    hasSigned: (certificate, date) =>
      trust.sets.some(
        ({ parsed }) =>
          certificate.checkIssued(parsed) &&
          certificate.verify(parsed.publicKey) &&
          date >= parsed.validFromDate &&
          date <= parsed.validToDate,
      ),
    serverCertificate(hosts, date) {
      const certificate = issueCertificate({
        ca: keys.present.ca,
        publicKey: server.publicKey,
        commonName: 'cantrip controller',
        dnsNames: hosts.filter((host) => isIP(host) === 0),
        ipAddresses: hosts.filter((host) => isIP(host) !== 0),
        usages: ['serverAuth'],
        notBefore: notBefore(date),
        days: SERVER_DAYS,
      })
      return { certificate, key: keyToPem(server.privateKey) }
    },
    clientCertificate({ kind, identity, publicKey, days, now: date, issuer, number }) {
      const { ca } = trust.sets.find(({ fingerprint }) => fingerprint === issuer) ?? newest()
      return issueCertificate({
        ca,
        publicKey,
        commonName: identity,
        organization: `cantrip:${kind}`,
        usages: ['clientAuth'],
        notBefore: notBefore(date),
        days,
        number,
      })
    },
    signInstruction: (payload) => ({
      payload,
      signature: sign(null, Buffer.from(payload, 'utf8'), keys.present.signingKey).toString('base64'),
    }),
    beginRotation(date) {
      keys.begin(date)
      trust = trustOf(keys)
    },
    finishRotation() {
      keys.finish()
      trust = trustOf(keys)
    },
  }
}

function trustOf({ present, next }: KeyStore) {
  const withParsed = (set: KeySet) => ({ ...set, parsed: new X509Certificate(set.ca.certificate) })
  const sets = [present, ...(next ? [next] : [])].map(withParsed)
  const authorities = sets.map(({ ca }) => ca.certificate)
  const wasRotated = present.number > 1 || next !== undefined
  const list: TrustList = {
    generation: 2 * present.number + (next ? 1 : 0),
    authorities,
    instructionKeys: sets.map(({ instructionKey }) => instructionKey),
  }
  const { validFromDate } = new X509Certificate(present.ca.certificate)
  const since = new Date(validFromDate.getTime() + BACKDATE_MS)
  return { sets, since, ca: authorities.join(''), list: wasRotated ? list : undefined }
}
