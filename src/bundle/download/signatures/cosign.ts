import { createPublicKey, createVerify, type KeyObject, verify } from 'node:crypto'
import * as z from 'zod/mini'
import { ImageManifest } from '../../closure/images-in.ts'
import { badBundle } from '../../error.ts'
import { sha256 } from '../../intake/hash.ts'
import { fetchBytes, fetchIfThere, type Transport } from '../fetch-file.ts'
import { NotFetched } from '../http.ts'
import { jsonOf } from '../registry-access.ts'

const MAX_MANIFEST_BYTES = 1024 * 1024
const MAX_PAYLOAD_BYTES = 64 * 1024
const MAX_SIGNATURES = 50
const SIGNATURE = 'dev.cosignproject.cosign/signature'
const CERTIFICATE = 'dev.sigstore.cosign/certificate'

export interface CosignKey {
  /** The SHA-256 sum of its SubjectPublicKeyInfo. */
  id: string
  key: KeyObject
}

/** What is signed: https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md */
const Payload = z.object({
  critical: z.object({
    image: z.object({ 'docker-manifest-digest': z.string() }),
    type: z.literal('cosign container image signature'),
  }),
})

/** Throws `bundle/bad-key`. */
export function cosignKeyOf(pem: string, path: string): CosignKey {
  const key = publicKeyOf(pem)
  const isP256 = key?.asymmetricKeyDetails?.namedCurve === 'prime256v1'
  if (key !== undefined && (isP256 || key.asymmetricKeyType === 'rsa')) {
    return { id: sha256(key.export({ type: 'spki', format: 'der' })), key }
  }
  const message = `found no public key of cosign in ${path}; wanted PEM of an ECDSA key on P-256, or of an RSA key`
  throw badBundle('bad-key', message, 'pass the file cosign.pub of who signs')
}

function publicKeyOf(pem: string): KeyObject | undefined {
  try {
    return pem.includes('PRIVATE KEY') ? undefined : createPublicKey(pem)
  } catch {
    return undefined
  }
}

/** The key whose signature of the content this is. Undefined if there is none. */
export async function signerOf(
  keys: readonly CosignKey[],
  content: AsyncIterable<Uint8Array>,
  signature: Buffer,
): Promise<CosignKey | undefined> {
  const verifiers = keys.map(({ key }) => ({ key, verifier: createVerify('sha256') }))
  for await (const chunk of content) for (const { verifier } of verifiers) verifier.update(chunk)
  const at = verifiers.findIndex(({ key, verifier }) => verifier.verify(key, signature))
  return keys[at]
}

/** The bytes of a signature as cosign writes it. Undefined if it is something else, such as a web page. */
export function signatureBytes(text: string | undefined): Buffer | undefined {
  const trimmed = text?.trim() ?? ''
  return /^[A-Za-z0-9+/]{16,4096}={0,2}$/.test(trimmed) ? Buffer.from(trimmed, 'base64') : undefined
}

export interface SignedImage {
  transport: Transport
  /** `https://registry.k8s.io/v2/pause` */
  repository: string
  /** Of its index or manifest. */
  digest: string
}

/**
 * The key that signed the image; `keyless` if only certificates did, which cannot be checked here. Undefined if nobody signed it.
 * Throws NotFetched if other keys did.
 */
export async function signerOfImage(
  keys: readonly CosignKey[],
  { transport, repository, digest }: SignedImage,
): Promise<CosignKey | 'keyless' | undefined> {
  const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' }
  const url = `${repository}/manifests/${digest.replace(':', '-')}.sig`
  const manifest = await fetchIfThere(transport, { url, headers, maxBytes: MAX_MANIFEST_BYTES })
  const { layers } = ImageManifest.safeParse(manifest && jsonOf(manifest)).data ?? { layers: [] }
  const signed = layers.filter(({ annotations }) => annotations?.[SIGNATURE] !== undefined)
  if (signed.length > MAX_SIGNATURES) throw new NotFetched(`has more than ${MAX_SIGNATURES} signatures`, 'permanent')
  const withKeys = signed.filter(({ annotations }) => annotations?.[CERTIFICATE] === undefined)
  for (const { digest: blob, annotations } of withKeys) {
    const payload = await fetchBytes(transport, { url: `${repository}/blobs/${blob}`, maxBytes: MAX_PAYLOAD_BYTES })
    const signature = signatureBytes(annotations?.[SIGNATURE])
    const { critical } = Payload.safeParse(jsonOf(payload)).data ?? {}
    if (signature === undefined || critical?.image['docker-manifest-digest'] !== digest) continue
    const signer = keys.find(({ key }) => verify('sha256', payload, key, signature))
    if (signer !== undefined) return signer
  }
  if (withKeys.length > 0) throw new NotFetched('is signed, but not with a key of --cosign-key', 'permanent')
  return signed.length > 0 ? 'keyless' : undefined
}
