import { createCipheriv, createDecipheriv, randomBytes, scryptSync } from 'node:crypto'
import { AgentError } from '../../../base/agent-error.ts'
import { readOnePem, toPem } from '../../../pki/pem.ts'

const LABEL = 'CANTRIP SEALED KEY'
/** Version 1: this byte, then salt, nonce, tag, and the text under AES-256-GCM. The name of the file is authenticated too. */
const VERSION = 1
const [SALT, IV, TAG] = [16, 12, 16]
/** Some 100 ms and 32 MiB: a key file may be a passphrase. */
const SCRYPT = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 }
const SHORTEST = 16

/** Seals private keys with a secret that is not in the data directory. */
export interface Sealer {
  seal(name: string, text: string): string
  /** Throws AgentError `authority/wrong-key-file`, also for a text that was changed. */
  unseal(name: string, sealed: string): string
}

export const isSealed = (text: string) => text.startsWith(`-----BEGIN ${LABEL}-----`)

/** `from` names the key file in errors. Throws AgentError `authority/wrong-key-file` for one that is too short. */
export function openSealer(secret: Buffer, from: string): Sealer {
  if (secret.length < SHORTEST) {
    const found = `${from} has ${secret.length} bytes; wanted at least ${SHORTEST}`
    throw new AgentError('authority/wrong-key-file', found, { fix: CREATE, kind: 'invalid' })
  }
  const keyOf = (salt: Buffer) => scryptSync(secret, salt, 32, SCRYPT)
  return {
    seal(name, text) {
      const [salt, iv] = [randomBytes(SALT), randomBytes(IV)]
      const cipher = createCipheriv('aes-256-gcm', keyOf(salt), iv).setAAD(aadOf(name))
      const data = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()])
      return toPem(LABEL, Buffer.concat([Buffer.from([VERSION]), salt, iv, cipher.getAuthTag(), data]))
    },
    unseal(name, sealed) {
      try {
        const bytes = readOnePem(sealed, LABEL)
        if (bytes[0] !== VERSION) throw new Error(`version ${bytes[0]}`)
        const part = (at: number, length: number) => bytes.subarray(at, at + length)
        const [salt, iv, tag] = [part(1, SALT), part(1 + SALT, IV), part(1 + SALT + IV, TAG)]
        const decipher = createDecipheriv('aes-256-gcm', keyOf(salt), iv, { authTagLength: TAG })
        decipher.setAuthTag(tag).setAAD(aadOf(name))
        const text = decipher.update(bytes.subarray(1 + SALT + IV + TAG))
        return Buffer.concat([text, decipher.final()]).toString('utf8')
      } catch (cause) {
        throw new AgentError('authority/wrong-key-file', `${from} does not open the sealed key ${name}`, {
          fix: 'pass the key file with which the keys were sealed; nothing was changed',
          kind: 'invalid',
          cause,
        })
      }
    },
  }
}

export const CREATE = 'create one: (umask 077; openssl rand -hex 32 > KEY-FILE)'

const aadOf = (name: string) => Buffer.from(`cantrip sealed key v${VERSION} ${name}`)
