import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { lstat, mkdir, open, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { errorMessage } from '../base/text/error-message.ts'
import { readGiven } from '../host/linux/files/read-given.ts'
import { badBundle, hasCode } from './error.ts'

const ED25519_SIGNATURE_BYTES = 64
const MAX_BYTES = 64 * 1024

/** Base64 of the SPKI DER: the format of public keys in instructions and in the controller's data directory. */
export function encodePublicKey(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'der' }).toString('base64')
}

/** Decodes PEM, or base64 of the SPKI DER; throws `bundle/bad-key`. */
export function decodePublicKey(text: string): KeyObject {
  try {
    const key = text.includes('-----BEGIN')
      ? createPublicKey(text)
      : createPublicKey({ key: Buffer.from(text.trim(), 'base64'), format: 'der', type: 'spki' })
    if (key.asymmetricKeyType === 'ed25519') return key
    throw new Error(`it is of type ${key.asymmetricKeyType}`)
  } catch (cause) {
    throw badBundle(
      'bad-key',
      `found no Ed25519 public key (${errorMessage(cause)}); wanted PEM, or base64 of its SPKI DER`,
      'use the .pub file that controller bundle build wrote next to its key',
      cause,
    )
  }
}

export async function readPublicKey(path: string): Promise<KeyObject> {
  return decodePublicKey(
    await readGiven({
      ...{ path, what: 'public key', code: 'bundle', maxBytes: MAX_BYTES, isSecret: false },
      ifMissing:
        "verification needs the builder's public key: copy the builder's .pub file to this machine and pass --key FILE.pub",
    }),
  )
}

/**
 * The builder's key: Ed25519, PKCS#8 PEM, mode 0600. If the file does not exist, it is created, with the public key in
 * `<path>.pub`.
 */
export async function readOrCreateKey(path: string): Promise<KeyObject> {
  const found = await readPrivateKey(path)
  if (found) return found
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = await open(path, 'wx', 0o600)
  try {
    await file.writeFile(privateKey.export({ type: 'pkcs8', format: 'pem' }))
    await file.sync()
  } finally {
    await file.close()
  }
  await rm(`${path}.pub`, { force: true })
  await writeFile(`${path}.pub`, publicKey.export({ type: 'spki', format: 'pem' }), { mode: 0o644, flag: 'wx' })
  return privateKey
}

async function readPrivateKey(path: string): Promise<KeyObject | undefined> {
  const found = await lstat(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  })
  if (!found) return undefined
  const pem = await readGiven({
    ...{ path, what: 'signing key', code: 'bundle', maxBytes: MAX_BYTES, isSecret: true },
    ifMissing: CHOOSE_KEY,
  })
  const key = parsePrivateKey(pem, path)
  if (key.asymmetricKeyType === 'ed25519') return key
  throw badKey(path, `a key of type ${key.asymmetricKeyType}`)
}

const CHOOSE_KEY = 'pass another file with --key; if the file does not exist, a key is created'

function parsePrivateKey(pem: string, path: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    throw badKey(path, 'no private key', cause)
  }
}

function badKey(path: string, found: string, cause?: unknown) {
  const message = `found ${found} in ${path}; wanted an Ed25519 key as unencrypted PKCS#8 PEM`
  return badBundle('bad-key', message, CHOOSE_KEY, cause)
}

/** The content of manifest.json.sig: the Ed25519 signature as base64, and a newline. */
export function signManifest(manifest: Uint8Array, key: KeyObject): string {
  return `${sign(null, manifest, key).toString('base64')}\n`
}

export function isSigned(manifest: Uint8Array, signature: string, publicKey: KeyObject): boolean {
  const bytes = Buffer.from(signature.trim(), 'base64')
  return bytes.length === ED25519_SIGNATURE_BYTES && verify(null, manifest, publicKey, bytes)
}
