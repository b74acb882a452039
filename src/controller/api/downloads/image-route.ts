import type { FastifyReply, FastifyRequest } from 'fastify'
import { AgentError } from '../../../base/agent-error.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import { archivesOf } from '../../../protocol/images/archives-of.ts'
import type { HasImages, HasStore } from '../../ports.ts'
import type { BeginDownload } from '../admission/downloads.ts'
import { encodingsOf } from './bundle-route.ts'
import { sendFile } from './send-file.ts'

/** Sends the archive of an image that people added, to nodes of that cluster, as long as the client is admitted. */
export async function sendImageFile(
  ports: HasImages & HasStore,
  { begin, admitted }: { begin: BeginDownload; admitted: () => Promise<void> },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { sha256 } = request.params as { sha256: string }
  const acceptsZstd = encodingsOf(request.headers['accept-encoding']).includes('zstd')
  const isTheirs = request.identity?.kind !== 'node' || (await hasImage(ports, request.identity.name, sha256))
  const found = isTheirs ? await ports.images.archives.find(sha256, acceptsZstd) : undefined
  if (!found) {
    throw new AgentError('images/unknown-file', `this controller has no archive ${sha256} of an image`, {
      ...remedy`see which images the cluster has: ${{ do: 'cluster.images.list' }}; then add the image again`,
      kind: 'invalid',
    })
  }
  const etag = found.encoding ? `"${sha256}-zstd"` : `"${sha256}"`
  const terms = { begin: (end: () => void) => begin(`node ${request.identity?.name}`, end), admitted }
  await sendFile({ ...found, etag, vary: true }, terms, request, reply)
}

async function hasImage({ store }: HasStore, nodeId: string, sha256: string): Promise<boolean> {
  const node = await store.node(nodeId)
  const cluster = node && (await store.cluster(node.clusterId))
  return cluster?.images.flatMap(archivesOf).some((archive) => archive.sha256 === sha256) ?? false
}
