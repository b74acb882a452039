import { type KeyObject, sign } from 'node:crypto'
import { sha256 } from '../../../src/bundle/intake/hash.ts'

export interface SignedByCosign {
  /** Of the image. */
  digest: string
  key: KeyObject
  /** The digest that is signed, if it is another one. */
  signs?: string
  /** A certificate, as who signs without a key of his own has one. */
  certificate?: string
}

/** The files of a signature of an image, as SIGNATURE_SPEC.md of cosign describes them: by their digest or tag. */
export function cosignSignature({ digest, key, signs = digest, certificate }: SignedByCosign) {
  const payload = JSON.stringify({
    critical: {
      identity: { 'docker-reference': 'registry.example/tool' },
      image: { 'docker-manifest-digest': signs },
      type: 'cosign container image signature',
    },
    optional: null,
  })
  const config = '{}'
  const describe = (mediaType: string, bytes: string) => ({
    ...{ mediaType, digest: `sha256:${sha256(bytes)}` },
    size: bytes.length,
  })
  const annotations = {
    'dev.cosignproject.cosign/signature': sign('sha256', Buffer.from(payload), key).toString('base64'),
    ...(certificate !== undefined && { 'dev.sigstore.cosign/certificate': certificate }),
  }
  const manifest = JSON.stringify({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: describe('application/vnd.oci.image.config.v1+json', config),
    layers: [{ ...describe('application/vnd.dev.cosign.simplesigning.v1+json', payload), annotations }],
  })
  return { tag: `${digest.replace(':', '-')}.sig`, manifest, blobs: [payload, config] }
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

/** Stores such a signature beside the image, at `http://HOST/v2/REPOSITORY`. */
export async function pushCosignSignature(host: string, repository: string, signed: SignedByCosign): Promise<void> {
  const { tag, manifest, blobs } = cosignSignature(signed)
  const base = `http://${host}/v2/${repository}`
  const send = async (method: string, url: string, body?: string, type = 'application/octet-stream') => {
    const answer = await fetch(url, { method, headers: { 'content-type': type }, ...(body !== undefined && { body }) })
    if (!answer.ok) throw new Error(`${method} ${url}: ${answer.status} ${await answer.text()}`)
    return answer
  }
  for (const blob of blobs) {
    const { headers } = await send('POST', `${base}/blobs/uploads/`)
    const upload = new URL(headers.get('location') ?? '', base)
    upload.searchParams.set('digest', `sha256:${sha256(blob)}`)
    await send('PUT', upload.href, blob)
  }
  await send('PUT', `${base}/manifests/${tag}`, manifest, MANIFEST)
}
