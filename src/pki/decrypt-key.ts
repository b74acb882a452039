import { createDecipheriv, createPrivateKey, type KeyObject, pbkdf2Sync } from 'node:crypto'
import { AgentError } from '../base/agent-error.ts'
import { children, expectTag, readDer, readOid, readSmallInteger, Tag } from './der-reader.ts'
import { ENCRYPTED_KEY_LABEL, PBES2, PBKDF2_ITERATIONS } from './pbes2.ts'
import { readOnePem } from './pem.ts'

interface Sealed {
  salt: Buffer
  iterations: number
  iv: Buffer
  data: Buffer
}

/**
 * Decrypts a key in encrypted PKCS#8. Scheme and number of iterations are checked before the derivation, so that a malicious
 * file can neither weaken it nor exhaust the CPU.
 * Throws `key/unsupported-encryption` or `key/wrong-passphrase`.
 */
export function decryptKey(pem: string, passphrase: string): KeyObject {
  const sealed = parse(readOnePem(pem, ENCRYPTED_KEY_LABEL))
  const { min, max } = PBKDF2_ITERATIONS
  if (sealed.iterations < min || sealed.iterations > max) {
    throw unsupported(`${sealed.iterations} iterations of PBKDF2, outside the accepted range ${min} to ${max}`)
  }
  try {
    const derived = pbkdf2Sync(passphrase, sealed.salt, sealed.iterations, 32, 'sha256')
    const decipher = createDecipheriv('aes-256-cbc', derived, sealed.iv)
    const key = Buffer.concat([decipher.update(sealed.data), decipher.final()])
    return createPrivateKey({ key, type: 'pkcs8', format: 'der' })
  } catch {
    // The library's error would only describe the padding.
    throw new AgentError('key/wrong-passphrase', 'the passphrase does not decrypt the key', {
      fix: 'pass the passphrase file that was written together with the credentials file',
      kind: 'invalid',
    })
  }
}

function parse(der: Buffer): Sealed {
  try {
    const [algorithm, data] = children(readDer(der, Tag.sequence).content)
    const [scheme, parameters] = children(expectTag(algorithm, Tag.sequence).content)
    const [derivation, encryption] = children(expectTag(parameters, Tag.sequence).content)
    const [kdf, kdfParameters] = children(expectTag(derivation, Tag.sequence).content)
    const [cipher, iv] = children(expectTag(encryption, Tag.sequence).content)
    if (readOid(scheme) !== PBES2.id || readOid(kdf) !== PBES2.pbkdf2) throw new Error('not PBES2 with PBKDF2')
    if (readOid(cipher) !== PBES2.aes256Cbc) throw new Error('not AES-256-CBC')
    const [salt, iterations, prf, ...rest] = children(expectTag(kdfParameters, Tag.sequence).content)
    if (rest.length > 0 || readOid(children(expectTag(prf, Tag.sequence).content)[0]) !== PBES2.hmacWithSha256) {
      throw new Error('not HMAC-SHA256')
    }
    return {
      salt: expectTag(salt, Tag.octetString).content,
      iterations: readSmallInteger(iterations),
      iv: expectTag(iv, Tag.octetString).content,
      data: expectTag(data, Tag.octetString).content,
    }
  } catch (cause) {
    throw unsupported('another form of key encryption', cause)
  }
}

function unsupported(found: string, cause?: unknown): AgentError {
  return new AgentError(
    'key/unsupported-encryption',
    `found ${found}; PKCS#8 with PBES2, PBKDF2-SHA256 and AES-256-CBC is required`,
    { fix: 'create new credentials on the controller: controller creds renew CLUSTER', kind: 'invalid', cause },
  )
}
