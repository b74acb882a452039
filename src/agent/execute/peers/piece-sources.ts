import type { TLSSocket } from 'node:tls'
import { AgentError } from '../../../base/agent-error.ts'
import { bareHost } from '../../../base/net/address.ts'
import { ask } from '../../../controller-client/ask.ts'
import { deadline, type openTcp, openTls } from '../../../host/linux/network/connect.ts'
import { openSecure } from '../../../host/linux/network/secure.ts'
import type { HttpProxy } from '../../../host/network.ts'
import { agentRoutes } from '../../../protocol/api/agents.ts'
import {
  type FailedPiece,
  type PieceList,
  type PieceSource,
  type PiecesRequest,
  type PiecesResponse,
  pieceRoutes,
} from '../../../protocol/api/delivery/pieces.ts'
import { pathOf } from '../../../protocol/api/route.ts'
import { type Connection, connectionTo, TooLong } from './connections.ts'
import { piecePath, TICKET_HEADER } from './piece-server.ts'
import type { Piece } from './piece-store.ts'

type Holder = NonNullable<PieceSource['from']>

/** Where pieces come from: the controller that answered last, and the peers that it names. */
export interface PieceSources {
  /** Asks the next controller if one does not answer. Rejects if none does, or if one refuses. */
  ask(request: PiecesRequest): Promise<PiecesResponse>
  /** Rejects if the controller does not send it. The caller verifies what it sent. */
  fromController(piece: Piece, list: PieceList): Promise<Buffer>
  fromPeer(
    number: number,
    piece: Piece,
    from: Holder,
  ): Promise<{ bytes: Buffer } | { failed: FailedPiece['why']; why: string }>
  close(): void
}

export interface SourcesOptions {
  urls: readonly string[]
  tls: { ca: string; cert: string; key: string }
  proxy?: HttpProxy
  /** SHA-256 of the manifest. */
  bundle: string
  /** To a peer. */
  connect: typeof openTcp
  signal: AbortSignal
}

/** A controller that takes longer to say something is as good as dead. */
const QUESTION_MS = 5_000
const CONTROLLER_MS = 30_000
const ANSWER_BYTES = 1024 * 1024
/** A packet filter drops the connection. */
const PEER_CONNECT_MS = 2_000
/** On a link that is in use. */
const PEER_HANDSHAKE_MS = 10_000
const PEER_STALL_MS = 5_000
/** A peer that needs longer for a piece is not worth waiting for. */
const PEER_WHOLE_MS = 20_000

export function openSources({ urls, tls, proxy, bundle, connect, signal }: SourcesOptions): PieceSources {
  const controllers = urls.map((url) => {
    const { hostname, port, host } = new URL(url)
    const target = { host: bareHost(hostname), port: Number(port || 443) }
    return { url, ...connectionTo(host, () => openSecure(target, tls, proxy, deadline(QUESTION_MS, signal))) }
  })
  let current = 0
  type Controller = (typeof controllers)[number]
  const controllerNow = () => controllers[current % controllers.length] as Controller
  const peers = new Map<string, Connection>()

  function connectionOf({ node, fingerprint, ...to }: Holder): Connection {
    const key = `${node} ${to.address} ${to.port} ${fingerprint}`
    const known = peers.get(key) ?? connectionTo(node, () => dial(to, fingerprint))
    peers.set(key, known)
    return known
  }

  /** The controller has told which certificate the peer has. As that of a client, it is good for nothing else than its key. */
  async function dial({ address, port }: { address: string; port: number }, fingerprint: string) {
    const to = { host: address, port }
    const raw = await connect(to, deadline(PEER_CONNECT_MS, signal))
    const handshake = deadline(PEER_HANDSHAKE_MS, signal)
    const socket = await openTls(raw, to, { ...tls, rejectUnauthorized: false }, handshake)
    if ((socket as TLSSocket).getPeerX509Certificate()?.fingerprint256 === fingerprint) return socket
    socket.destroy()
    throw new Error(`${address}:${port} has not the certificate that the controller named`)
  }

  const question = (controller: Controller, body: PiecesRequest): Promise<PiecesResponse> =>
    ask(
      async ({ url, method, headers, body: text }) => {
        const { status, body: answer } = await controller.ask({
          ...{ method: method as 'POST', path: new URL(url).pathname, headers, signal },
          ...{ maxBytes: ANSWER_BYTES, stallMs: QUESTION_MS, ...(text !== undefined && { body: text }) },
        })
        return { status, body: answer.toString() }
      },
      controller.url,
      pieceRoutes.tradePieces,
      { params: { sha256: bundle }, body },
      { timeoutMs: QUESTION_MS },
    )

  return {
    async ask(body) {
      for (let failed = 1; ; failed += 1) {
        try {
          return await question(controllerNow(), body)
        } catch (error) {
          signal.throwIfAborted()
          const isAnswer = error instanceof AgentError && error.facts?.status !== undefined
          if (isAnswer) throw error
          current += 1
          if (failed >= controllers.length) throw error
        }
      }
    },
    async fromController({ file, offset, size }, { files }) {
      const { path, encoding } = files[file] as PieceList['files'][number]
      const answer = await controllerNow().ask({
        path: pathOf(agentRoutes.fetchBundleFile, { sha256: bundle, path }),
        headers: { 'accept-encoding': encoding, range: `bytes=${offset}-${offset + size - 1}` },
        ...{ maxBytes: size, stallMs: CONTROLLER_MS, signal },
      })
      const sent = answer.headers['content-encoding'] ?? 'identity'
      if (answer.status === 206 && sent === encoding) return answer.body
      throw new Error(`the controller answered ${answer.status} (${sent}) for a piece of ${path}`)
    },
    async fromPeer(number, { size }, from) {
      try {
        const ticket = Buffer.from(JSON.stringify(from.ticket)).toString('base64url')
        const { status, body: bytes } = await connectionOf(from).ask({
          ...{ path: piecePath(bundle, number), headers: { [TICKET_HEADER]: ticket }, signal },
          ...{ maxBytes: size, stallMs: PEER_STALL_MS, wholeMs: PEER_WHOLE_MS },
        })
        if (status === 200) return { bytes }
        return { failed: status === 503 ? 'busy' : 'unreachable', why: `it answered ${status}` }
      } catch (error) {
        signal.throwIfAborted()
        // Whatever it is, it is not the piece.
        if (error instanceof TooLong) return { bytes: Buffer.alloc(0) }
        return { failed: 'unreachable', why: (error as Error).message }
      }
    },
    close() {
      for (const controller of controllers) controller.close()
      for (const peer of peers.values()) peer.close()
    },
  }
}

/** Asking again is of no use. */
export function isRefused(error: unknown): boolean {
  const status = error instanceof AgentError ? Number(error.facts?.status) : Number.NaN
  return status >= 400 && status < 500 && status !== 429
}
