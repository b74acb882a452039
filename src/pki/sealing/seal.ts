import {
  createCipheriv,
  createDecipheriv,
  createPublicKey,
  diffieHellman,
  generateKeyPairSync,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto'

const KEY_BYTES = 32
const IV_BYTES = 12
const TAG_BYTES = 16

/** A key pair for one message: the private key opens what was sealed to the public key. */
export interface SealingKey {
  /** X25519, raw, base64. */
  sealTo: string
  privateKey: KeyObject
}

export function createSealingKey(): SealingKey {
  const { publicKey, privateKey } = generateKeyPairSync('x25519')
  return { sealTo: rawOf(publicKey).toString('base64'), privateKey }
}

/** As in HPKE (RFC 9180): an ephemeral key pair, HKDF-SHA256 over both public keys, AES-256-GCM. */
export function seal(text: string, sealTo: string): string {
  const { publicKey, privateKey } = generateKeyPairSync('x25519')
  const recipient = Buffer.from(sealTo, 'base64')
  const sender = rawOf(publicKey)
  const iv = randomBytes(IV_BYTES)
  const cipher = createCipheriv('aes-256-gcm', sharedKey(privateKey, recipient, sender, recipient), iv)
  const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return Buffer.concat([sender, iv, cipher.getAuthTag(), sealed]).toString('base64')
}

/** Throws if the text was sealed to another key, or changed in transit. */
export function unseal(sealed: string, { sealTo, privateKey }: SealingKey): string {
  const bytes = Buffer.from(sealed, 'base64')
  const sender = bytes.subarray(0, KEY_BYTES)
  const iv = bytes.subarray(KEY_BYTES, KEY_BYTES + IV_BYTES)
  const tag = bytes.subarray(KEY_BYTES + IV_BYTES, KEY_BYTES + IV_BYTES + TAG_BYTES)
  const key = sharedKey(privateKey, sender, sender, Buffer.from(sealTo, 'base64'))
  const decipher = createDecipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES })
  decipher.setAuthTag(tag)
  const text = decipher.update(bytes.subarray(KEY_BYTES + IV_BYTES + TAG_BYTES))
  return Buffer.concat([text, decipher.final()]).toString('utf8')
}

function sharedKey(privateKey: KeyObject, peer: Uint8Array, sender: Uint8Array, recipient: Uint8Array): Buffer {
  const secret = diffieHellman({ privateKey, publicKey: keyOf(peer) })
  const info = Buffer.concat([Buffer.from('cantrip seal v1'), sender, recipient])
  return Buffer.from(hkdfSync('sha256', secret, new Uint8Array(0), info, KEY_BYTES))
}

function rawOf(publicKey: KeyObject): Buffer {
  return Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
}

function keyOf(raw: Uint8Array): KeyObject {
  return createPublicKey({
    key: { kty: 'OKP', crv: 'X25519', x: Buffer.from(raw).toString('base64url') },
    format: 'jwk',
  })
}
