import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { pipeline } from 'node:stream/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AgentError } from '../../../base/agent-error.ts'
import type { Download } from '../admission/downloads.ts'
import { errorAnswer } from '../errors/error-answer.ts'
import { kindOf } from '../identity.ts'
import { DOWNLOAD_CHUNK_BYTES } from '../limits.ts'
import { whileAdmitted } from '../while-admitted.ts'
import { parseRange } from './range.ts'

export interface Source {
  file: string
  etag: string
  /** In which the file is stored. Ranges are those of the stored bytes. */
  encoding?: 'zstd'
  /** Whether another client would get it in another encoding. */
  vary?: true
}

interface Terms {
  /** Counts the download. Throws the error that the client gets. */
  begin: (end: () => void) => Download
  admitted: () => Promise<void>
}

/** Sends a file, or a range of it, as long as the client is admitted. */
export async function sendFile(
  source: Source,
  { begin, admitted }: Terms,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const download = begin(() => reply.raw.destroy())
  const handle = await open(source.file, constants.O_RDONLY | constants.O_NOFOLLOW).catch((error: unknown) => {
    download.ended()
    throw error
  })
  try {
    reply.hijack()
    const work = () => send(request.raw, reply.raw, handle, { ...source, download, kind: kindOf(request.identity) })
    await whileAdmitted(admitted, () => reply.raw.destroy(), work)
  } catch {
    // The client has disconnected, or the file cannot be read: the answer is incomplete.
    reply.raw.destroy()
  } finally {
    download.ended()
    await handle.close()
  }
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  handle: FileHandle,
  { etag, encoding, vary, download, kind }: Source & { download: Download; kind: string | undefined },
): Promise<void> {
  const { size } = await handle.stat()
  const condition = request.headers['if-range']
  const isSame = condition === undefined || condition === etag
  const range = parseRange(isSame ? request.headers.range : undefined, size)
  const headers = {
    ...{ etag, 'accept-ranges': 'bytes', 'content-type': 'application/octet-stream' },
    ...(encoding && { 'content-encoding': encoding }),
    ...(vary && { vary: 'accept-encoding' }),
  }
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
