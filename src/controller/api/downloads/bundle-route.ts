import { join } from 'node:path'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { copyOf } from '../../../bundle/compression/copies.ts'
import { MANIFEST_NAME, SIGNATURE_NAME } from '../../../bundle/format.ts'
import { unknownFile } from '../../bundles/unknown-file.ts'
import type { HasBundles } from '../../ports.ts'
import type { BeginDownload } from '../admission/downloads.ts'
import { type Source, sendFile } from './send-file.ts'

/** Sends a file of an imported bundle, as long as the client is admitted. Only paths that are listed in the manifest exist. */
export async function sendBundleFile(
  ports: HasBundles,
  { begin, admitted }: { begin: BeginDownload; admitted: () => Promise<void> },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { sha256, path } = request.params as { sha256: string; path: string }
  const acceptsZstd = encodingsOf(request.headers['accept-encoding']).includes('zstd')
  const found = await locate(ports, sha256, path, acceptsZstd)
  if (!found) throw unknownFile(path, sha256)
  const terms = { begin: (end: () => void) => begin(clientOf(request), end), admitted }
  await sendFile(found, terms, request, reply)
}

/** Machines that are prepared have the certificate of their installer in common. */
function clientOf({ identity, ip }: FastifyRequest): string {
  return identity?.kind === 'enrol' ? `installer of ${identity.name} at ${ip}` : `node ${identity?.name}`
}

/** Those without a weight. */
export function encodingsOf(header: string | string[] | undefined): string[] {
  return String(header ?? '')
    .split(',')
    .map((each) => each.trim().toLowerCase())
}

async function locate(
  { bundles }: HasBundles,
  sha256: string,
  path: string,
  acceptsZstd: boolean,
): Promise<Source | undefined> {
  const bundle = await bundles.find(sha256)
  if (!bundle) return undefined
  const file = join(bundle.directory, path)
  if (path === MANIFEST_NAME || path === SIGNATURE_NAME) return { file, etag: `"${sha256}-${path}"` }
  const listed = bundle.manifest.files.find((each) => each.path === path)
  if (!listed) return undefined
  const copy = acceptsZstd ? await copyOf(bundle.directory, path) : undefined
  if (copy === undefined) return { file, etag: `"${listed.sha256}"`, vary: true }
  return { file: copy, etag: `"${listed.sha256}-zstd"`, encoding: 'zstd', vary: true }
}
