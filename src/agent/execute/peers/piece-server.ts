import { constants } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { TLSSocket } from 'node:tls'
import { PieceTicket, UPLOADS } from '../../../protocol/api/delivery/pieces.ts'
import { Signed } from '../../../protocol/wire/signed.ts'
import { type Knowledge, openSigned, type SignedKind } from '../../gate/open-signed.ts'
import type { PieceStore } from './piece-store.ts'

export interface PieceServerOptions {
  address: string
  port: number
  tls: { ca: string; cert: string; key: string }
  /** SHA-256 of the manifest. */
  bundle: string
  store: Pick<PieceStore, 'read'>
  /** Whose signature tickets have, and for which node they are. */
  knowledge(): Pick<Knowledge<PieceTicket>, 'instructionKeys' | 'nodeId' | 'now'>
  /** Of all uploads together. */
  bytesPerSecond: () => number | undefined
  log(message: string): void
}

export interface PieceServer {
  close(): Promise<void>
}

export const TICKET_HEADER = 'x-cantrip-ticket'
export const piecePath = (bundle: string, piece: number): string => `/pieces/${bundle}/${piece}`

const TICKET: SignedKind<PieceTicket> = { code: 'ticket', noun: 'ticket', schema: async () => PieceTicket }
const CONNECTIONS = 64
const STALL_MS = 10_000
/** A node that takes a piece more slowly leaves the place to another one. */
const UPLOAD_MS = 30_000
const BLOCK_BYTES = 16 * 1024

/**
 * Hands on pieces to nodes with a certificate of the same controller and its ticket, which names both certificates' holders and the
 * bundle. Rejects if the port is in use.
 */
export async function servePieces(options: PieceServerOptions): Promise<PieceServer> {
  const { tls, address, port } = options
  let uploads = 0
  let sentUntilMs = 0

  /** Waits until the limit allows so many bytes. */
  async function pace(bytes: number): Promise<void> {
    const rate = options.bytesPerSecond()
    if (rate === undefined) return
    const nowMs = performance.now()
    sentUntilMs = Math.max(sentUntilMs, nowMs) + (bytes * 1_000) / rate
    if (sentUntilMs - nowMs > 1) await new Promise((resolve) => setTimeout(resolve, sentUntilMs - nowMs))
  }

  async function send(bytes: Buffer, response: ServerResponse): Promise<void> {
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes.length })
    for (let at = 0; at < bytes.length && !response.destroyed; at += BLOCK_BYTES) {
      const block = bytes.subarray(at, at + BLOCK_BYTES)
      await pace(block.length)
      if (!response.write(block)) await drained(response)
    }
    response.end()
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, bundle, number] = /^\/pieces\/([0-9a-f]{64})\/(\d{1,4})$/.exec(request.url ?? '') ?? []
    if (request.method !== 'GET' || bundle !== options.bundle) return refuse(response, 404)
    if (!(await isAdmitted(request, options))) return refuse(response, 403)
    if (uploads >= UPLOADS) return refuse(response, 503)
    uploads += 1
    const late = setTimeout(() => response.destroy(), UPLOAD_MS)
    try {
      const bytes = await options.store.read(Number(number))
      if (bytes) await send(bytes, response)
      else refuse(response, 404)
    } finally {
      clearTimeout(late)
      uploads -= 1
    }
  }

  const server = createServer(
    {
      ...{
        ca: tls.ca,
        cert: tls.cert,
        key: tls.key,
        requestCert: true,
        secureOptions: constants.SSL_OP_NO_TICKET,
        rejectUnauthorized: true,
        minVersion: 'TLSv1.3',
      },
      ...{ handshakeTimeout: 5_000, headersTimeout: 5_000, requestTimeout: 5_000, keepAliveTimeout: STALL_MS },
      ...{ connectionsCheckingInterval: 1_000, maxHeaderSize: 8 * 1024 },
    },
    (request, response) => {
      // Nothing is read from a request but its headers.
      request.resume()
      answer(request, response).catch(() => response.destroy())
    },
  )
  server.maxConnections = CONNECTIONS
  server.setTimeout(STALL_MS, (socket) => socket.destroy())
  server.on('tlsClientError', (_, socket) => socket.destroy())
  server.listen(port, address)
  await once(server, 'listening')
  // For example: no file descriptor is left for a connection.
  server.on('error', ({ message }) => options.log(`handing on pieces: ${message}`))
  return {
    async close() {
      const closed = once(server.close(), 'close')
      server.closeAllConnections()
      await closed
    },
  }
}

async function isAdmitted({ headers, socket }: IncomingMessage, options: PieceServerOptions): Promise<boolean> {
  const certificate = (socket as TLSSocket).getPeerX509Certificate()
  const shown = Signed.safeParse(parse(String(headers[TICKET_HEADER] ?? '')))
  if (!certificate || !shown.success || !certificate.subject.startsWith('O=cantrip:node\n')) return false
  const opened = await openSigned(TICKET, shown.data, options.knowledge())
  if (opened.kind === 'refused') return false
  return opened.body.bundle === options.bundle && opened.body.asker === certificate.fingerprint256
}

function parse(text: string): unknown {
  try {
    return JSON.parse(Buffer.from(text, 'base64url').toString())
  } catch {
    return undefined
  }
}

function refuse(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-length': 0 }).end()
}

/** Also resolves when the connection ends. */
function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      response.off('drain', done).off('close', done)
      resolve()
    }
    response.on('drain', done).on('close', done)
  })
}
