import { createCipheriv, type KeyObject, pbkdf2Sync, randomBytes } from 'node:crypto'
import { integer, nothing, octetString, oid, sequence, toDer } from './der-builder.ts'
import { ENCRYPTED_KEY_LABEL, PBES2, PBKDF2_ITERATIONS } from './pbes2.ts'
import { toPem } from './pem.ts'

/** PKCS#8 in PEM under PBES2: PBKDF2 with HMAC-SHA256, AES-256-CBC. Intentionally takes some tenths of a second. */
export function encryptKey(
  privateKey: KeyObject,
  passphrase: string,
  iterations: number = PBKDF2_ITERATIONS.min,
): string {
  const salt = randomBytes(16)
  const iv = randomBytes(16)
  const cipher = createCipheriv('aes-256-cbc', pbkdf2Sync(passphrase, salt, iterations, 32, 'sha256'), iv)
  const clear = privateKey.export({ type: 'pkcs8', format: 'der' })
  const sealed = Buffer.concat([cipher.update(clear), cipher.final()])
  const derivation = sequence(
    oid(PBES2.pbkdf2),
    sequence(octetString(salt), integer(iterations), sequence(oid(PBES2.hmacWithSha256), nothing())),
  )
  const encryption = sequence(oid(PBES2.aes256Cbc), octetString(iv))
  const algorithm = sequence(oid(PBES2.id), sequence(derivation, encryption))
  return toPem(ENCRYPTED_KEY_LABEL, toDer(sequence(algorithm, octetString(sealed))))
}
