import { bitString, context, integer, joined, nothing, octetString, oid, pem, sequence, set, utf8 } from './der.ts'

/** The key with which nodes enrol. It is made in this browser, and leaves it encrypted only. */
export interface InstallerKey {
  /** PKCS#10 in PEM. */
  csr: string
  /** PKCS#8 in PEM, under the passphrase. */
  encryptedKey: string
  passphrase: string
}

const OID = {
  commonName: '2.5.4.3',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacWithSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
}
/** The fewest that the agent accepts. */
const ITERATIONS = 600_000
/** Without characters that look like others; 32 of them, so that each is 5 bits. */
const ALPHABET = 'abcdefghijkmnpqrstuvwxyz23456789'
const PASSPHRASE_LENGTH = 25

export async function newInstallerKey(): Promise<InstallerKey> {
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify'])
  const passphrase = newPassphrase()
  const [csr, encryptedKey] = await Promise.all([requestOf(keys), encrypted(keys.privateKey, passphrase)])
  return { csr, encryptedKey, passphrase }
}

/** 125 random bits, in groups that a person can read aloud. */
function newPassphrase(): string {
  const random = crypto.getRandomValues(new Uint8Array(PASSPHRASE_LENGTH))
  const characters = Array.from(random, (byte) => ALPHABET[byte % ALPHABET.length])
  return characters.join('').replace(/(.{5})(?=.)/g, '$1-')
}

async function requestOf({ privateKey, publicKey }: CryptoKeyPair): Promise<string> {
  const spki = new Uint8Array(await crypto.subtle.exportKey('spki', publicKey))
  const subject = sequence(set(sequence(oid(OID.commonName), utf8('installer'))))
  const info = sequence(integer(0), subject, spki, context(0))
  const signed = await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, info)
  const half = signed.byteLength / 2
  const [r, s] = [new Uint8Array(signed, 0, half), new Uint8Array(signed, half)]
  const signature = bitString(sequence(integer(r), integer(s)))
  return pem('CERTIFICATE REQUEST', sequence(info, sequence(oid(OID.ecdsaWithSha256)), signature))
}

async function encrypted(key: CryptoKey, passphrase: string): Promise<string> {
  const clear = await crypto.subtle.exportKey('pkcs8', key)
  const salt = crypto.getRandomValues(new Uint8Array(16))
  const iv = crypto.getRandomValues(new Uint8Array(16))
  const secret = await crypto.subtle.importKey('raw', joined(new TextEncoder().encode(passphrase)), 'PBKDF2', false, [
    'deriveKey',
  ])
  const derivation = { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: ITERATIONS }
  const cipher = await crypto.subtle.deriveKey(derivation, secret, { name: 'AES-CBC', length: 256 }, false, ['encrypt'])
  const sealed = new Uint8Array(await crypto.subtle.encrypt({ name: 'AES-CBC', iv }, cipher, clear))
  const pbkdf2 = sequence(octetString(salt), integer(ITERATIONS), sequence(oid(OID.hmacWithSha256), nothing()))
  const schemes = sequence(sequence(oid(OID.pbkdf2), pbkdf2), sequence(oid(OID.aes256Cbc), octetString(iv)))
  return pem('ENCRYPTED PRIVATE KEY', sequence(sequence(oid(OID.pbes2), schemes), octetString(sealed)))
}
