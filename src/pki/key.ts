import { generateKeyPairSync, hash, type KeyObject, type X509Certificate } from 'node:crypto'
import { children, expectTag, readDer, Tag } from './der-reader.ts'

export interface KeyPair {
  privateKey: KeyObject
  publicKey: KeyObject
}

/** An ECDSA key on P-256. */
export function createKeyPair(): KeyPair {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' })
}

/** Unencrypted PKCS#8: only for files with mode 0600. */
export function keyToPem(privateKey: KeyObject): string {
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** DER of the SubjectPublicKeyInfo. */
export function spki(publicKey: KeyObject): Buffer {
  return publicKey.export({ type: 'spki', format: 'der' })
}

/** `SHA256:` and the unpadded base64 digest of the key's SPKI DER, for a comparison by an administrator. */
export function fingerprint(publicKey: KeyObject): string {
  return digestOf(spki(publicKey))
}

/** The same, of the key of a certificate. Its bytes are read where they are, which takes a tenth of the time. */
export function fingerprintOfCertificate({ raw }: Pick<X509Certificate, 'raw'>): string {
  const [signed] = children(readDer(raw, Tag.sequence).content)
  const fields = children(expectTag(signed, Tag.sequence).content)
  // Before the key: the version, which may be absent, serial number, algorithm, issuer, validity and subject.
  const before = fields[0]?.tag === Tag.context0 ? 6 : 5
  return digestOf(expectTag(fields[before], Tag.sequence).bytes)
}

const digestOf = (der: Buffer) => `SHA256:${hash('sha256', der, 'base64').replace(/=+$/, '')}`

export function isP256(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
}
