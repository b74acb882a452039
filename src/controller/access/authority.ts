import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
  X509Certificate,
} from 'node:crypto'
import { existsSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { AgentError } from '../../base/agent-error.ts'
import { readIfThere, writeDurably } from '../../base/durable-file.ts'
import { type Ca, createCa, issueCertificate } from '../../pki/certificate.ts'
import { createKeyPair, keyToPem } from '../../pki/key.ts'
import type { CertificateKind } from '../../protocol/api/access.ts'
import type { Signed } from '../../protocol/wire/signed.ts'
import { makePrivateDirectory } from './private-directory.ts'

const CA_DAYS = 3_650
const SERVER_DAYS = 90
/** How far the clock of a node can be behind for a new certificate to be valid there. */
const BACKDATE_MS = 600_000

/** The controller's CA, and a separate key that signs instructions. */
export interface Authority {
  /** PEM. */
  readonly ca: string
  /** SPKI DER, base64. */
  readonly instructionKey: string
  /** Issues a new certificate at each call. */
  serverCertificate(hosts: readonly string[], now: Date): { certificate: string; key: string }
  clientCertificate(order: {
    kind: CertificateKind
    identity: string
    publicKey: KeyObject
    days: number
    now: Date
  }): string
  /** Also signs operations and pair checks; the payload says what it is. */
  signInstruction(payload: string): Signed
}

/**
 * Reads the keys from the directory, and creates those that do not exist. `isInUse`: the store has clusters, whose nodes trust
 * these keys; then a missing file is an error.
 */
export function openAuthority(directory: string, now: Date, isInUse: boolean): Authority {
  makePrivateDirectory(directory)
  const paths = authorityPaths(directory)
  refuseMissing(paths, isInUse)
  const ca = openCa(paths, now)
  const signingKey = openInstructionKey(paths.instructionKey)
  const server = createKeyPair()
  const notBefore = (date: Date) => new Date(date.getTime() - BACKDATE_MS)
  return {
    ca: ca.certificate,
    instructionKey: createPublicKey(signingKey).export({ type: 'spki', format: 'der' }).toString('base64'),
    serverCertificate(hosts, date) {
      const certificate = issueCertificate({
        ca,
        publicKey: server.publicKey,
        commonName: 'cantrip controller',
        dnsNames: hosts.filter((host) => isIP(host) === 0),
        ipAddresses: hosts.filter((host) => isIP(host) !== 0),
        usages: ['serverAuth'],
        notBefore: notBefore(date),
        days: SERVER_DAYS,
      })
      return { certificate, key: keyToPem(server.privateKey) }
    },
    clientCertificate({ kind, identity, publicKey, days, now: date }) {
      return issueCertificate({
        ca,
        publicKey,
        commonName: identity,
        organization: `cantrip:${kind}`,
        usages: ['clientAuth'],
        notBefore: notBefore(date),
        days,
      })
    },
    signInstruction: (payload) => ({
      payload,
      signature: sign(null, Buffer.from(payload, 'utf8'), signingKey).toString('base64'),
    }),
  }
}

type Paths = ReturnType<typeof authorityPaths>

function authorityPaths(directory: string) {
  const [certificate, key, instructionKey] = ['ca.crt', 'ca.key', 'instruction.key'].map((name) =>
    join(directory, name),
  )
  return { certificate: certificate ?? '', key: key ?? '', instructionKey: instructionKey ?? '' }
}

/** A new key in the place of a lost one would shut out every node for ever. */
function refuseMissing({ certificate, key, instructionKey }: Paths, isInUse: boolean): void {
  const wanted = isInUse ? [certificate, key, instructionKey] : existsSync(certificate) ? [key] : []
  const missing = wanted.filter((path) => !existsSync(path))
  if (missing.length === 0) return
  const list = missing.join(', ')
  const why = isInUse ? 'nodes trust no other key' : `it belongs to ${certificate}`
  throw new AgentError('authority/missing', `${list} is missing, and a new one is not created: ${why}`, {
    fix: `restore ${list} from your backup of the data directory, and start the controller again`,
    kind: 'invalid',
  })
}

function openCa({ certificate: certificatePath, key: keyPath }: Paths, now: Date): Ca {
  const certificate = readIfThere(certificatePath)
  const keyText = readIfThere(keyPath)
  if (certificate !== undefined && keyText !== undefined) {
    const parsed = parseFile(certificatePath, () => new X509Certificate(certificate))
    const key = parseFile(keyPath, () => requireThat(createPrivateKey(keyText), (key) => parsed.checkPrivateKey(key)))
    return { certificate, key }
  }
  const made = createCa({ commonName: 'cantrip controller CA', days: CA_DAYS, now })
  // The certificate comes last: after a crash between the two, both are created again.
  writeDurably(keyPath, keyToPem(made.key))
  writeDurably(certificatePath, made.certificate)
  return made
}

function requireThat(key: KeyObject, isRight: (key: KeyObject) => boolean): KeyObject {
  if (isRight(key)) return key
  throw new Error('it is another key')
}

/** Nodes trust these keys, so a damaged file is an error and never replaced by a new key. */
function parseFile<T>(path: string, parse: () => T): T {
  try {
    return parse()
  } catch (cause) {
    throw new AgentError('authority/damaged', `${path} is damaged: it is not the file that the first start wrote`, {
      fix: `restore ${path} from your backup of the data directory, and start the controller again`,
      kind: 'invalid',
      cause,
    })
  }
}

function openInstructionKey(path: string): KeyObject {
  const found = readIfThere(path)
  if (found !== undefined)
    return parseFile(path, () => requireThat(createPrivateKey(found), (key) => key.asymmetricKeyType === 'ed25519'))
  const { privateKey } = generateKeyPairSync('ed25519')
  writeDurably(path, keyToPem(privateKey))
  return privateKey
}
