import { createHash, type KeyObject } from 'node:crypto'
import { badBundle } from './error.ts'
import { BundleManifest, MANIFEST_NAME, MAX_MANIFEST_BYTES, SIGNATURE_NAME } from './format.ts'
import { isSigned } from './keys.ts'

export interface VerifiedManifest {
  manifest: BundleManifest
  /** SHA-256 of the manifest's bytes, lower-case hex; identifies the bundle. */
  manifestSha256: string
}

/** Verifies the signature before it parses the manifest. */
export function readManifest(bytes: Uint8Array, signature: string, publicKey: KeyObject): VerifiedManifest {
  if (bytes.length > MAX_MANIFEST_BYTES) {
    throw badBundle(
      'too-large',
      `found a ${MANIFEST_NAME} of ${bytes.length} bytes; wanted at most ${MAX_MANIFEST_BYTES}`,
    )
  }
  if (!isSigned(bytes, signature, publicKey)) {
    throw badBundle(
      'bad-signature',
      `${SIGNATURE_NAME} is not a signature of ${MANIFEST_NAME} by the given key: the bundle was changed, or signed with another key`,
      "check that --key is the public key of the bundle's builder; if it is, copy the bundle again",
    )
  }
  const manifest = parse(bytes)
  refuseAmbiguity(manifest)
  return { manifest, manifestSha256: createHash('sha256').update(bytes).digest('hex') }
}

function parse(bytes: Uint8Array): BundleManifest {
  let data: unknown
  try {
    data = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch (cause) {
    throw badBundle('bad-manifest', `${MANIFEST_NAME} is not JSON`, undefined, cause)
  }
  return parseManifest(data)
}

/** Throws `bundle/escapes` or `bundle/bad-manifest` with the path of the invalid field. */
export function parseManifest(data: unknown): BundleManifest {
  const result = BundleManifest.safeParse(data)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const place = issue?.path.join('.') ?? ''
  const code = /^files\.\d+\.path$/.test(place) ? 'escapes' : 'bad-manifest'
  throw badBundle(
    code,
    code === 'escapes'
      ? `${MANIFEST_NAME}: ${place} is not a plain relative path; a file must be inside its bundle`
      : `${MANIFEST_NAME}: ${place}: ${issue?.message}`,
    'the bundle was built with a faulty or newer version: build it again with this version',
  )
}

/** Throws if two files have the same path, or the same kind and name. */
function refuseAmbiguity(manifest: BundleManifest): void {
  const seen = new Set<string>([MANIFEST_NAME, SIGNATURE_NAME])
  for (const file of manifest.files) {
    for (const key of [file.path, `${file.role} ${file.name}`]) {
      if (seen.has(key)) throw badBundle('bad-manifest', `${MANIFEST_NAME} has ${key} more than once`)
      seen.add(key)
    }
  }
}
