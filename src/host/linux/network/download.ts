import { setTimeout } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { AgentError } from '../../../base/agent-error.ts'
import { bareHost } from '../../../base/net/address.ts'
import { pauseMs, type RetryPolicy } from '../../../base/retry.ts'
import { errorMessage } from '../../../base/text/error-message.ts'
import type { Download } from '../../host.ts'
import { NetworkError } from '../../network.ts'
import { PartFile } from '../files/part-file.ts'
import { deadline } from './connect.ts'
import { openSecure } from './secure.ts'

/** Tries without a new byte before giving up. */
const MAX_TRIES = 6
const POLICY: RetryPolicy = { firstMs: 250, factor: 2, longestMs: 8_000 }
const STALL_MS = 30_000

/** Downloads of one process share their connections. */
export function downloader(): (download: Download) => Promise<void> {
  const dispatchers = new Map<string, Promise<Dispatcher>>()
  return async (download) => {
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

async function fetchFile(download: Download, dispatcher: Dispatcher): Promise<void> {
  const part = await PartFile.open(`${download.path}.part`)
  try {
    const resumed = part.length > 0
    await fill(part, download, dispatcher)
    if ((await part.sha256()) !== download.sha256 && resumed) {
      // The partial file may be of another version, or damaged by a power cut: download again from the start.
      await part.startAgain()
      await fill(part, download, dispatcher)
    }
    if ((await part.sha256()) !== download.sha256) {
      await part.discard()
      throw corrupt(download, await part.sha256())
    }
    await part.finish(download.path, download.mode ?? 0o644)
  } finally {
    await part.close()
  }
}

/** Downloads until the partial file is complete; resumes after a lost connection. */
async function fill(part: PartFile, download: Download, dispatcher: Dispatcher): Promise<void> {
  if (part.length > download.size) await part.startAgain()
  for (let tries = 1; part.length < download.size; tries++) {
    const before = part.length
    try {
      await fillOnce(part, download, dispatcher)
    } catch (error) {
      download.signal?.throwIfAborted()
      if (error instanceof AgentError || isTlsFailure(error)) throw unreachable(download, error)
      if (part.length > before) tries = 1
      if (tries >= MAX_TRIES) throw unreachable(download, error)
      await setTimeout(pauseMs(POLICY, tries), undefined, { signal: download.signal }).catch(() =>
        download.signal?.throwIfAborted(),
      )
    } finally {
      await part.flush()
    }
  }
}

async function fillOnce(part: PartFile, download: Download, dispatcher: Dispatcher): Promise<void> {
  const { url, size, signal, onProgress } = download
  const { request } = await import('undici')
  const response = await request(url, {
    dispatcher,
    ...(signal && { signal }),
    headers: part.length === 0 ? {} : { range: `bytes=${part.length}-` },
  })
  const { statusCode, body, headers } = response
  const continued = statusCode === 206 && String(headers['content-range']).startsWith(`bytes ${part.length}-`)
  if (!continued) {
    if (statusCode !== 200 && statusCode !== 206) await refuse(download, statusCode, body)
    if (part.length > 0) await part.startAgain()
    if (statusCode === 206) {
      await body.dump()
      throw new Error(`answered with another range: ${headers['content-range']}`)
    }
  }
  for await (const piece of body) {
    if (part.length + piece.length > size) {
      await part.discard()
      throw tooLong(download)
    }
    const full = part.add(piece)
    if (full !== undefined) await full
    onProgress?.(part.length)
  }
  if (part.length < size) throw new Error(`ended after ${part.length} of ${size} bytes`)
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
