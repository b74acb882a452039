import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto'
import { readOnePem, toPem } from '../pem.ts'

/** Version 1: this byte, then salt, nonce, tag, and the text under AES-256-GCM. */
const VERSION = 1
const [SALT, IV, TAG] = [16, 12, 16]
/** Some 100 ms and 32 MiB, always: the secret may be a passphrase, and what is sealed cannot ask for less or more. */
const SCRYPT = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }

export interface SealedForm {
  /** Of the PEM block. */
  label: string
  /** What the text is for. It is authenticated too. */
  purpose: string
}

/** The text in a PEM block, encrypted with a secret. */
export function sealText(text: string, secret: string | Buffer, { label, purpose }: SealedForm): string {
  const [salt, iv] = [randomBytes(SALT), randomBytes(IV)]
  const cipher = createCipheriv('aes-256-gcm', keyOf(secret, salt), iv).setAAD(Buffer.from(purpose))
  const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
  return toPem(label, Buffer.concat([Buffer.from([VERSION]), salt, iv, cipher.getAuthTag(), data]))
}

/** Throws if it was sealed with another secret or for another purpose, or was changed. */
export function unsealText(sealed: string, secret: string | Buffer, { label, purpose }: SealedForm): string {
  const bytes = readOnePem(sealed, label)
  if (bytes[0] !== VERSION) throw new Error(`version ${bytes[0]}`)
  const part = (at: number, length: number) => bytes.subarray(at, at + length)
  const [salt, iv, tag] = [part(1, SALT), part(1 + SALT, IV), part(1 + SALT + IV, TAG)]
  const decipher = createDecipheriv('aes-256-gcm', keyOf(secret, salt), iv, { authTagLength: TAG })
  decipher.setAuthTag(tag).setAAD(Buffer.from(purpose))
  const text = decipher.update(bytes.subarray(1 + SALT + IV + TAG))
  return Buffer.concat([text, decipher.final()]).toString('utf8')
}

const keyOf = (secret: string | Buffer, salt: Buffer) => scryptSync(secret, salt, 32, SCRYPT)
