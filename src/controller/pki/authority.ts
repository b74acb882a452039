import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { type Ca, createCa, issueCertificate } from '../../pki/certificate.ts'
import { createKeyPair, keyToPem } from '../../pki/key.ts'
import type { SignedInstruction } from '../../protocol/instruction.ts'
import type { CertificateRole } from '../../protocol/rest.ts'
import { makePrivateDirectory, readIfThere, writePrivateFile } from '../private-files.ts'

const CA_DAYS = 3_650
const SERVER_DAYS = 90
/** Clocks of nodes may be behind by this. */
const BACKDATE_MS = 600_000

/** All that signs: the controller's own CA, and a key apart from TLS for instructions. */
export interface Authority {
  /** PEM. */
  readonly ca: string
  /** SPKI DER, base64. */
  readonly instructionKey: string
  /** For TLS: made anew whenever it is asked for. */
  serverCertificate(hosts: readonly string[], now: Date): { certificate: string; key: string }
  clientCertificate(order: {
    role: CertificateRole
    identity: string
    publicKey: KeyObject
    days: number
    now: Date
  }): string
  /** Also errands: a payload says which of the two it is. */
  signInstruction(payload: string): SignedInstruction
}

/** Reads the keys from the directory; those that are not there yet are made. */
export function openAuthority(directory: string, now: Date): Authority {
  makePrivateDirectory(directory)
  const ca = openCa(directory, now)
  const signingKey = openInstructionKey(join(directory, 'instruction.key'))
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
    clientCertificate({ role, identity, publicKey, days, now: date }) {
      return issueCertificate({
        ca,
        publicKey,
        commonName: identity,
        organization: `cantrip:${role}`,
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

function openCa(directory: string, now: Date): Ca {
  const certificatePath = join(directory, 'ca.crt')
  const keyPath = join(directory, 'ca.key')
  const certificate = readIfThere(certificatePath)
  const key = readIfThere(keyPath)
  if (certificate && key) return { certificate, key: createPrivateKey(key) }
  const made = createCa({ commonName: 'cantrip controller CA', days: CA_DAYS, now })
  // The certificate last: a start that was cut off between the two makes both again.
  writePrivateFile(keyPath, keyToPem(made.key))
  writePrivateFile(certificatePath, made.certificate)
  return made
}

function openInstructionKey(path: string): KeyObject {
  const found = readIfThere(path)
  if (found) return createPrivateKey(found)
  const { privateKey } = generateKeyPairSync('ed25519')
  writePrivateFile(path, keyToPem(privateKey))
  return privateKey
}
