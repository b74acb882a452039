import { createPublicKey, X509Certificate } from 'node:crypto'
import { AgentError, attempt } from '../../base/agent-error.ts'
import { printable } from '../../base/text/printable.ts'
import { Secret } from '../../base/text/secret.ts'
import { type SudoEnvironment, trustOf } from '../../host/files/trust.ts'
import type { HostView } from '../../host/host.ts'
import { decryptKey } from '../../pki/decrypt-key.ts'
import { keyToPem } from '../../pki/key.ts'
import { ENCRYPTED_KEY_LABEL } from '../../pki/pbes2.ts'
import { type PemBlock, readPem, toPem } from '../../pki/pem.ts'
import { ENROLMENT_LABEL, Enrolment } from '../../protocol/api/identities/installer.ts'
import { NODE_OPTIONS } from '../../protocol/api/identities/node-options.ts'
import { isInstructionKey } from '../config.ts'
import { isControllerUrl } from '../controllers.ts'
import { readCredentialFile, refuse } from './credential-file.ts'
import { type CarriedOptions, readNodeOptions } from './node-options.ts'
import { certificatesIn } from './trust.ts'

export interface Credentials {
  installer: {
    /** PEM. */
    certificate: string
    /** PKCS#8 PEM, decrypted. */
    key: Secret
    expiresAt: Date
  }
  /** PEM of the only certificate authorities that the agent trusts: two if the controller rotates its keys. */
  ca: string
  enrolment: Enrolment
  options: CarriedOptions
  passphrase: Secret
}

const ORDER = ['CERTIFICATE', ENCRYPTED_KEY_LABEL, 'CERTIFICATE', ENROLMENT_LABEL]
const NEW_ONES = 'create new credentials on the controller (controller creds renew CLUSTER), and copy both files'
/** With both CAs. */
const IN_ROTATION = ['CERTIFICATE', ENCRYPTED_KEY_LABEL, 'CERTIFICATE', 'CERTIFICATE', ENROLMENT_LABEL]

/** Reads and verifies the two files. Throws AgentError `credentials/…` (exit code 2) if one of them is not valid. */
export async function readCredentials(
  credsFile: string,
  passphraseFile: string,
  view: HostView,
  environment: SudoEnvironment = process.env,
): Promise<Credentials> {
  const trust = await trustOf(view, environment)
  const text = await readCredentialFile(credsFile, 'credentials file', view, trust)
  const passphraseText = await readCredentialFile(passphraseFile, 'passphrase file', view, trust)
  const blocks = blocksOf(text, passphraseText, credsFile)
  const named = (label: string) => blocks.find((block) => block.label === label)
  const passphrase = new Secret(passphraseText.split('\n')[0]?.trim() ?? '')
  const [certificate, encryptedKey] = pemOf(blocks)
  const ca = pemOf(blocks.slice(2).filter(({ label }) => label === 'CERTIFICATE')).join('')
  if (!certificate || !encryptedKey || ca === '') throw incomplete(credsFile, blocks)

  const key = decrypt(encryptedKey, passphrase, credsFile, passphraseFile)
  const { expiresAt } = verifyInstaller(certificate, ca, createPublicKey(key), view.now())
  const enrolment = parseEnrolment(named(ENROLMENT_LABEL)?.der.toString('utf8') ?? '', credsFile)
  requireOfCluster(certificate, enrolment.cluster.id, credsFile)
  const options = named(NODE_OPTIONS.label)
  return {
    installer: { certificate, key: new Secret(keyToPem(key)), expiresAt },
    ca,
    enrolment,
    options: options ? readNodeOptions(toPem(options.label, options.der), passphrase, credsFile) : {},
    passphrase,
  }
}

const pemOf = (blocks: readonly PemBlock[]) => blocks.map(({ label, der }) => toPem(label, der))

function blocksOf(text: string, passphraseText: string, credsFile: string): PemBlock[] {
  if (!text.includes('-----BEGIN') && passphraseText.includes('-----BEGIN')) {
    throw refuse(
      'swapped',
      'the credentials file and the passphrase file are swapped',
      'swap --creds-file and --passphrase-file',
    )
  }
  if (passphraseText.includes('-----BEGIN')) {
    throw refuse(
      'not-a-passphrase',
      'the passphrase file contains PEM; expected one line of text',
      'pass NAME-passphrase.txt',
    )
  }
  if (
    /^Proc-Type: *4,ENCRYPTED/m.test(text) ||
    text.includes('BEGIN EC PRIVATE KEY') ||
    text.includes('BEGIN RSA PRIVATE KEY')
  ) {
    throw refuse(
      'legacy-key',
      `${credsFile} contains a key in a legacy format; expected PKCS#8 encrypted with PBES2`,
      NEW_ONES,
    )
  }
  const blocks = attempt(
    () => readPem(text),
    (cause) => refuse('not-pem', `${credsFile} contains a damaged PEM block`, 'copy the whole file again', cause),
  )
  if (blocks.length === 0)
    throw refuse('not-pem', `${credsFile} contains no PEM block`, 'pass NAME.pem as the controller wrote it')
  const found = blocks.map(({ label }) => label)
  if (found.at(-1) === NODE_OPTIONS.label) found.pop()
  if (![ORDER, IN_ROTATION].some((order) => order.join() === found.join())) throw incomplete(credsFile, blocks)
  return blocks
}

function incomplete(credsFile: string, blocks: readonly PemBlock[]): AgentError {
  const found = blocks.map(({ label }) => label).join(', ')
  return refuse(
    'incomplete',
    `${credsFile} contains ${found}; expected ${ORDER.join(', ')}`,
    'copy the whole file again',
  )
}

function decrypt(encryptedKey: string, passphrase: Secret, credsFile: string, passphraseFile: string) {
  try {
    return decryptKey(encryptedKey, passphrase.reveal())
  } catch (cause) {
    if (!(cause instanceof AgentError)) throw cause
    if (cause.code === 'key/wrong-passphrase') {
      const found = `the passphrase in ${passphraseFile} does not decrypt the key in ${credsFile}`
      throw refuse(
        'wrong-passphrase',
        found,
        'pass the passphrase file that was written together with the credentials file',
      )
    }
    throw refuse('key-encryption', `${credsFile}: ${cause.message}`, NEW_ONES, cause)
  }
}

function verifyInstaller(certificate: string, ca: string, publicKey: ReturnType<typeof createPublicKey>, now: Date) {
  const unreadable = (cause: unknown) =>
    refuse('damaged-certificate', 'a certificate in the credentials cannot be read', NEW_ONES, cause)
  const leaf = attempt(() => new X509Certificate(certificate), unreadable)
  const authorities = attempt(() => certificatesIn(ca), unreadable)
  if (!leaf.publicKey.equals(publicKey))
    throw refuse('key-mismatch', 'the key and the certificate in the credentials do not belong together', NEW_ONES)
  if (!authorities.every((each) => each.ca) || !authorities.some((each) => leaf.verify(each.publicKey))) {
    throw refuse(
      'foreign-ca',
      'the installer certificate was not issued by the certificate authority in the same file',
      NEW_ONES,
    )
  }
  if (!/^O=cantrip:enrol$/m.test(leaf.subject)) {
    throw refuse(
      'not-an-installer',
      `the certificate is for ${leaf.subject.replaceAll('\n', ', ')}; expected O=cantrip:enrol`,
      NEW_ONES,
    )
  }
  const expiresAt = new Date(leaf.validTo)
  if (expiresAt <= now)
    throw refuse(
      'expired',
      `the installer certificate expired on ${day(expiresAt)}; the clock of this machine is at ${day(now)}`,
      NEW_ONES,
    )
  const validFrom = new Date(leaf.validFrom)
  if (validFrom > now) {
    const found = `the installer certificate is valid from ${validFrom.toISOString()}; the clock of this machine is at ${now.toISOString()}`
    throw refuse('not-yet-valid', found, 'set the clock of this machine: timedatectl set-ntp true')
  }
  return { expiresAt }
}

function parseEnrolment(json: string, credsFile: string): Enrolment {
  const unreadable = (cause?: unknown) =>
    refuse('damaged-enrolment', `the enrolment block in ${credsFile} is damaged`, NEW_ONES, cause)
  const parsed = Enrolment.safeParse(attempt(() => JSON.parse(json) as unknown, unreadable))
  if (!parsed.success) throw unreadable(parsed.error)
  const { urls, instructionKey, nextInstructionKey } = parsed.data
  const clear = urls.find((url) => !isControllerUrl(url))
  if (clear !== undefined)
    throw refuse(
      'not-https',
      `the enrolment block in ${credsFile} has the URL ${printable(clear)}; expected https://`,
      NEW_ONES,
    )
  if (![instructionKey, nextInstructionKey ?? instructionKey].every(isInstructionKey)) throw unreadable()
  return parsed.data
}

/** The block is not signed: the certificate says to which cluster it belongs. */
function requireOfCluster(certificate: string, cluster: string, credsFile: string): void {
  const subject = new X509Certificate(certificate).subject
  if (subject.split('\n').includes(`CN=${cluster}`)) return
  const found = `the enrolment block in ${credsFile} is for cluster ${cluster}; the certificate is for ${printable(subject.replaceAll('\n', ', '))}`
  throw refuse('foreign-enrolment', found, NEW_ONES)
}

function day(date: Date): string {
  return date.toISOString().slice(0, 10)
}
