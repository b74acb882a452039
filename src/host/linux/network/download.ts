import { setTimeout } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { AgentError } from '../../../base/agent-error.ts'
import { bareHost } from '../../../base/net/address.ts'
import { pauseMs, type RetryPolicy } from '../../../base/retry.ts'
import { errorMessage } from '../../../base/text/error-message.ts'
import type { Download } from '../../host.ts'
import { NetworkError } from '../../network.ts'
import { stat } from '../files/files.ts'
import { type Part, PartFile } from '../files/part-file.ts'
import { ZstdPart } from '../files/zstd-part.ts'
import { deadline } from './connect.ts'
import { isMade } from './make-file.ts'
import { openSecure } from './secure.ts'

/** Tries without a new byte before giving up. */
const MAX_TRIES = 6
const POLICY: RetryPolicy = { firstMs: 250, factor: 2, longestMs: 8_000 }
const STALL_MS = 30_000

/** Downloads of one process share their connections. */
export function downloader(): (download: Download) => Promise<void> {
  const dispatchers = new Map<string, Promise<Dispatcher>>()
  return async (download) => {
    if (download.madeOf && (await isMade(download, download.madeOf))) return
    const key = JSON.stringify([download.tls.ca, download.tls.cert, download.proxy])
    const dispatcher = dispatchers.get(key) ?? openDispatcher(download)
    dispatchers.set(key, dispatcher)
    await fetchFile(download, await dispatcher)
  }
}

async function openDispatcher({ tls, proxy }: Download): Promise<Dispatcher> {
  const { Agent, ProxyAgent } = await import('undici')
  const options = { headersTimeout: STALL_MS, bodyTimeout: STALL_MS }
  const identity = { ca: tls.ca, cert: tls.cert, key: tls.key, minVersion: 'TLSv1.3' as const }
  if (proxy?.inspects === undefined) {
    if (proxy?.url === undefined) return new Agent({ ...options, connect: { ...identity, timeout: STALL_MS } })
    return new ProxyAgent({ ...options, uri: proxy.url, requestTls: identity })
  }
  const connect = ({ hostname, port }: { hostname: string; port: string }) =>
    openSecure({ host: bareHost(hostname), port: Number(port || 443) }, tls, proxy, deadline(STALL_MS))
  return new Agent({
    ...options,
    connect: (to, give) =>
      void connect(to).then(
        (socket) => give(null, socket as never),
        (error) => give(error, null),
      ),
  })
}

/** What has arrived so far. Another answer of the server can replace the part. */
interface Progress {
  part: Part
  accepts: Part['encoding']
  /** Bytes that arrive for the whole file; undefined until an answer says it. */
  total: number | undefined
}

async function fetchFile(download: Download, dispatcher: Dispatcher): Promise<void> {
  const { path, sha256, mode } = download
  const state: Progress = { part: await openPart(download), accepts: 'zstd', total: undefined }
  try {
    for (;;) {
      const isResumed = state.part.length > 0
      await fill(state, download, dispatcher)
      const found = await state.part.sha256()
      if (found === sha256) return await state.part.finish(path, mode ?? 0o644)
      if (!isResumed && state.part.encoding === 'identity') {
        await state.part.discard()
        throw corrupt(download, found)
      }
      // What was resumed may be of another version, or damaged by a power cut. What was compressed may be damaged where it is stored.
      if (!isResumed) state.accepts = 'identity'
      await state.part.startAgain()
      state.total = undefined
    }
  } finally {
    await state.part.close()
  }
}

/** That of an earlier try, if there is one. */
async function openPart({ path, size }: Download): Promise<Part> {
  const isCompressed = (await stat(ZstdPart.nameOf(path))) !== undefined
  return isCompressed ? ZstdPart.open(path, size) : PartFile.open(PartFile.nameOf(path))
}

/** Downloads until the part is complete; resumes after a lost connection. */
async function fill(state: Progress, download: Download, dispatcher: Dispatcher): Promise<void> {
  const isShort = () => state.part.length < totalOf(state, download)
  if (state.part.length > totalOf(state, download)) await state.part.startAgain()
  for (let tries = 1; isShort(); tries++) {
    const before = state.part.length
    try {
      await fillOnce(state, download, dispatcher)
    } catch (error) {
      download.signal?.throwIfAborted()
      if (error instanceof AgentError || isTlsFailure(error)) throw unreachable(download, error)
      if (state.part.length > before) tries = 1
      if (tries >= MAX_TRIES) throw unreachable(download, error)
      await setTimeout(pauseMs(POLICY, tries), undefined, { signal: download.signal }).catch(() =>
        download.signal?.throwIfAborted(),
      )
    } finally {
      await state.part.flush()
    }
  }
}

/** Of a compressed file, it is unknown until an answer says it. */
function totalOf({ part, total = Number.NaN }: Progress, { size }: Download): number {
  if (part.encoding === 'identity') return size
  return Number.isNaN(total) ? Number.POSITIVE_INFINITY : total
}

async function fillOnce(state: Progress, download: Download, dispatcher: Dispatcher): Promise<void> {
  const answer = await ask(state, download, dispatcher)
  const { status, encoding, from, total } = answer
  const { part } = state
  if (status === 416 && part.encoding === 'zstd') {
    await answer.body.dump()
    // All of it had arrived, or it is another file.
    if (total === part.length) state.total = total
    else await part.startAgain()
    return
  }
  const isContinued = status === 206 && from === part.length && encoding === part.encoding
  if (!isContinued) await startWith(answer, state, download)
  state.total = total
  await take(answer.body, state, download)
}

interface Answer {
  status: number
  body: Dispatcher.ResponseData['body']
  encoding: Part['encoding']
  /** The first byte of the range that it has, and the bytes of the whole file. */
  from: number
  total: number
  range: string
}

async function ask({ part, accepts }: Progress, download: Download, dispatcher: Dispatcher): Promise<Answer> {
  const { request } = await import('undici')
  const { statusCode, body, headers } = await request(download.url, {
    dispatcher,
    ...(download.signal && { signal: download.signal }),
    headers: {
      'accept-encoding': part.encoding === 'identity' && part.length > 0 ? 'identity' : accepts,
      ...(part.length > 0 && { range: `bytes=${part.length}-` }),
    },
  })
  const range = String(headers['content-range'])
  const [, from, total = headers['content-length']] = /^bytes (\d+|\*)(?:-\d+)?\/(\d+)$/.exec(range) ?? []
  const encoding = headers['content-encoding'] === 'zstd' ? 'zstd' : 'identity'
  return { status: statusCode, body, encoding, from: Number(from), total: Number(total), range }
}

/** The answer does not continue what has arrived: it starts the file, or has to be asked for again. */
async function startWith(answer: Answer, state: Progress, download: Download): Promise<void> {
  const { status, body, encoding, range } = answer
  if (status !== 200 && status !== 206) await refuse(download, status, body)
  if (state.part.length > 0) await state.part.startAgain()
  if (status === 206) {
    await body.dump()
    throw new Error(`answered with another range: ${range}`)
  }
  if (encoding !== state.part.encoding) state.part = await replacePart(state.part, encoding, download)
}

async function replacePart(before: Part, encoding: Part['encoding'], { path, size }: Download): Promise<Part> {
  await before.discard()
  await before.close()
  return encoding === 'zstd' ? ZstdPart.open(path, size) : PartFile.open(PartFile.nameOf(path))
}

async function take(body: AsyncIterable<Buffer>, state: Progress, download: Download): Promise<void> {
  const { part } = state
  // A file that is larger compressed than as it is would not be sent compressed.
  const total = Math.min(totalOf(state, download), download.size)
  for await (const piece of body) {
    if (part.length + piece.length > total) {
      await part.discard()
      throw tooLong(download)
    }
    const full = part.add(piece)
    if (full !== undefined) await full
    download.onProgress?.(part.contentLength)
  }
  download.onProgress?.(part.contentLength)
  if (part.length < total) throw new Error(`ended after ${part.length} of ${total} bytes`)
}

async function refuse({ url }: Download, status: number, body: Dispatcher.ResponseData['body']): Promise<never> {
  await body.dump()
  if (status >= 500 || status === 429 || status === 408) throw new Error(`answered ${status}`)
  throw new AgentError('download/refused', `${url} answered ${status} instead of the file`, {
    fix:
      status === 404
        ? 'check that the controller still has the bundle: controller bundle list'
        : 'check that the node is approved: controller node show NODE',
    kind: 'refused',
    facts: { status },
  })
}

function isTlsFailure(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  return /CERT|SIGNATURE|_TLS_|_SSL_/.test(code) || (error instanceof NetworkError && error.stage === 'tls')
}

function unreachable({ url }: Download, error: unknown): AgentError {
  if (error instanceof AgentError) return error
  const why = errorMessage(error)
  return new AgentError('download/cut', `could not download ${url}: ${why}`, {
    fix: 'check that the controller is running and reachable from this machine, then run the same command again: it resumes the download',
    kind: 'unreachable',
    cause: error,
  })
}

function corrupt({ url, sha256 }: Download, found: string): AgentError {
  return new AgentError(
    'download/corrupt',
    `${url} has the SHA-256 sum ${found}; expected ${sha256}. The file was deleted`,
    {
      fix: 'verify the bundle on the controller: controller bundle verify',
    },
  )
}

function tooLong({ url, size }: Download): AgentError {
  return new AgentError('download/too-long', `${url} sent more than the ${size} bytes in the manifest`, {
    fix: 'verify the bundle on the controller: controller bundle verify',
  })
}
