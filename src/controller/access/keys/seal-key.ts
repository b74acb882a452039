import { AgentError } from '../../../base/agent-error.ts'
import { type SealedForm, sealText, unsealText } from '../../../pki/sealing/sealed-text.ts'

const LABEL = 'CANTRIP SEALED KEY'
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
  return {
    seal: (name, text) => sealText(text, secret, formOf(name)),
    unseal(name, sealed) {
      try {
        return unsealText(sealed, secret, formOf(name))
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

/** The name of the file is authenticated too. */
const formOf = (name: string): SealedForm => ({ label: LABEL, purpose: `cantrip sealed key v1 ${name}` })
