import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, X509Certificate } from 'node:crypto'
import { basename, join } from 'node:path'
import { AgentError } from '../../../base/agent-error.ts'
import { readIfThere, writeDurably } from '../../../base/durable-file.ts'
import { type Ca, createCa } from '../../../pki/certificate.ts'
import { keyToPem } from '../../../pki/key.ts'
import { isSealed, type Sealer } from './seal-key.ts'

/** A CA and the key that signs instructions. They are made together, and replaced together. */
export interface KeySet {
  ca: Ca
  /** Counts the rotations, from 1. */
  number: number
  /** SHA-256 of the certificate. */
  fingerprint: string
  signingKey: KeyObject
  /** SPKI DER, base64. */
  instructionKey: string
}

/** Names of the files, in the order in which they are written: the certificate is there only if the keys are. */
export const KEY_FILES = ['ca.key', 'instruction.key', 'ca.crt'] as const
export const PRIVATE_FILES = ['ca.key', 'instruction.key'] as const

const CA_DAYS = 3_650
const COMMON_NAME = 'cantrip controller CA'

export function createKeySet(number: number, now: Date): KeySet {
  // Different names, so that an error of TLS says which of them was meant.
  const commonName = number === 1 ? COMMON_NAME : `${COMMON_NAME} ${number}`
  const ca = createCa({ commonName, days: CA_DAYS, now })
  return keySetOf(ca, generateKeyPairSync('ed25519').privateKey)
}

type KeyFile = (typeof KEY_FILES)[number]

/** Writes these files of a new set, with mode 0600. */
export function writeKeys(
  directory: string,
  { ca, signingKey }: KeySet,
  names: readonly KeyFile[],
  sealer?: Sealer,
): void {
  const texts = { 'ca.key': keyToPem(ca.key), 'instruction.key': keyToPem(signingKey), 'ca.crt': ca.certificate }
  for (const name of names) {
    const text = texts[name]
    writeDurably(join(directory, name), sealer && name !== 'ca.crt' ? sealer.seal(name, text) : text)
  }
}

/**
 * Reads a set. Throws `authority/damaged`; `authority/sealed` for a sealed key without `sealer`; `authority/not-sealed` for the
 * opposite; and what `sealer` throws.
 */
export function readKeySet(directory: string, sealer?: Sealer): KeySet {
  const path = (name: string) => join(directory, name)
  const certificate = parseFile(path('ca.crt'), (text) => {
    const parsed = new X509Certificate(text)
    return { text, parsed }
  })
  const keyOf = (name: (typeof PRIVATE_FILES)[number], isRight: (key: KeyObject) => boolean) => {
    const text = opened(path(name), sealer)
    return parseFile(path(name), () => requireThat(createPrivateKey(text), isRight))
  }
  const key = keyOf('ca.key', (each) => certificate.parsed.checkPrivateKey(each))
  const signingKey = keyOf('instruction.key', (each) => each.asymmetricKeyType === 'ed25519')
  return keySetOf({ certificate: certificate.text, key }, signingKey)
}

function keySetOf(ca: Ca, signingKey: KeyObject): KeySet {
  const { subject, fingerprint256: fingerprint } = new X509Certificate(ca.certificate)
  const number = Number(/CN=cantrip controller CA (\d+)$/m.exec(subject)?.[1] ?? 1)
  const instructionKey = createPublicKey(signingKey).export({ type: 'spki', format: 'der' }).toString('base64')
  return { ca, number, fingerprint, signingKey, instructionKey }
}

function opened(path: string, sealer: Sealer | undefined): string {
  const text = readIfThere(path) ?? ''
  if (isSealed(text)) {
    if (sealer) return sealer.unseal(basename(path), text)
    throw new AgentError('authority/sealed', `${path} is sealed, and no key file was given`, {
      fix: 'pass the key file with which it was sealed: --key-file FILE',
      kind: 'invalid',
    })
  }
  if (!sealer || text === '') return text
  throw new AgentError('authority/not-sealed', `${path} is not sealed, and a key file was given`, {
    fix: 'seal the keys: controller keys seal --key-file FILE; or start the controller without --key-file',
    kind: 'invalid',
  })
}

function requireThat(key: KeyObject, isRight: (key: KeyObject) => boolean): KeyObject {
  if (isRight(key)) return key
  throw new Error('it is another key')
}

/** Nodes trust these keys, so a damaged file is an error and never replaced by a new key. */
function parseFile<T>(path: string, parse: (text: string) => T): T {
  try {
    return parse(readIfThere(path) ?? '')
  } catch (cause) {
    throw new AgentError('authority/damaged', `${path} is damaged: it is not the file that the controller wrote`, {
      fix: `restore ${path} from your backup of the data directory, and start the controller again`,
      kind: 'invalid',
      cause,
    })
  }
}
