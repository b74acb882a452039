import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'

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
  return `SHA256:${createHash('sha256').update(spki(publicKey)).digest('base64').replace(/=+$/, '')}`
}

export function isP256(key: KeyObject): boolean {
  return key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1'
}
