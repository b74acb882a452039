import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AgentError } from '../../base/agent-error.ts'
import { MANIFEST_NAME, SIGNATURE_NAME } from '../../bundle/format.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import type { HasBundles } from '../ports.ts'
import type { BeginDownload, Download } from './admission/downloads.ts'
import { errorAnswer } from './errors/error-answer.ts'
import { kindOf } from './identity.ts'
import { DOWNLOAD_CHUNK_BYTES } from './limits.ts'
import { parseRange } from './range.ts'
import { whileAdmitted } from './while-admitted.ts'

/** Sends a file of an imported bundle, as long as the client is admitted. Only paths that are listed in the manifest exist. */
export async function sendBundleFile(
  ports: HasBundles,
  { begin, admitted }: { begin: BeginDownload; admitted: () => Promise<void> },
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const { sha256, path } = request.params as { sha256: string; path: string }
  const found = await locate(ports, sha256, path)
  if (!found) {
    const rendered = remedy`import the bundle again: ${{ do: 'bundle.import' }}`
    throw new AgentError('bundle-file/unknown', `there is no ${path} in a bundle ${sha256}`, {
      ...rendered,
      kind: 'invalid',
    })
  }
  const download = begin(request.identity?.name ?? '', () => reply.raw.destroy())
  const handle = await open(found.file, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
    download.ended()
    throw error
  })
  try {
    reply.hijack()
    const work = () => send(request.raw, reply.raw, handle, { ...found, download, kind: kindOf(request.identity) })
    await whileAdmitted(admitted, () => reply.raw.destroy(), work)
  } catch {
    // The client has disconnected, or the file cannot be read: the answer is incomplete.
    reply.raw.destroy()
  } finally {
    download.ended()
    await handle.close()
  }
}

interface Found {
  file: string
  etag: string
}

async function locate({ bundles }: HasBundles, sha256: string, path: string): Promise<Found | undefined> {
  const bundle = await bundles.find(sha256)
  if (!bundle) return undefined
  const file = join(bundle.directory, path)
  if (path === MANIFEST_NAME || path === SIGNATURE_NAME) return { file, etag: `"${sha256}-${path}"` }
  const listed = bundle.manifest.files.find((each) => each.path === path)
  return listed && { file, etag: `"${listed.sha256}"` }
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  handle: FileHandle,
  { etag, download, kind }: Found & { download: Download; kind: string | undefined },
): Promise<void> {
  const { size } = await handle.stat()
  const condition = request.headers['if-range']
  const isSame = condition === undefined || condition === etag
  const range = parseRange(isSame ? request.headers.range : undefined, size)
  const headers = { etag, 'accept-ranges': 'bytes', 'content-type': 'application/octet-stream' }
  if (range.kind === 'unsatisfiable') {
    response.setHeader('content-range', `bytes */${size}`)
    const fix = 'download the file again from its beginning'
    const error = new AgentError('range/unsatisfiable', `the file has ${size} bytes`, { fix, kind: 'invalid' })
    const { status, type, body } = errorAnswer(error, { kind, accept: request.headers.accept })
    const text = JSON.stringify(body)
    response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(text) })
    response.end(text)
    return
  }
  const { start, end } = range.kind === 'part' ? range : { start: 0, end: size - 1 }
  const part = range.kind === 'part' ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}
  response.writeHead(range.kind === 'part' ? 206 : 200, { ...headers, ...part, 'content-length': end - start + 1 })
  if (request.method === 'HEAD' || size === 0) {
    response.end()
    return
  }
  response.on('drain', () => download.drained())
  await pipeline(
    handle.createReadStream({ start, end, highWaterMark: DOWNLOAD_CHUNK_BYTES, autoClose: false }),
    response,
  )
}
