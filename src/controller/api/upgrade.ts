import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { WebSocketServer } from 'ws'
import { AgentError } from '../../base/agent-error.ts'
import { agentRoutes } from '../../protocol/api/agents.ts'
import { statusOf } from '../../protocol/api/errors.ts'
import { SUBPROTOCOL, SUBPROTOCOL_V2, TUNNEL_PATH } from '../../protocol/version.ts'
import { MAX_FRAGMENTS, MAX_UP_BYTES } from '../../protocol/wire/session/limits.ts'
import { recorded } from '../audit/recorded.ts'
import { refusal } from '../domain/admission.ts'
import type { Hub } from '../live/hub.ts'
import { adoptKey, isNextKey } from '../nodes/node-certificate.ts'
import type { Services } from '../services.ts'
import { connectionAct } from './admission/act-of.ts'
import { admit, admitMachine } from './admission/admit.ts'
import type { Shares } from './admission/shares.ts'
import { finish, refuse } from './errors/raw-answer.ts'
import { clientOf, requireCertificate } from './identity.ts'
import type { Tunnels } from './tunnels.ts'

const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'

/** Upgrades a request to an agent's session. An upgrade of `ping` is accepted and closed, so that agents can test proxies. */
export function createUpgrade(
  core: Services,
  hub: Hub,
  shares: Shares,
  tunnels: Tunnels,
): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: MAX_UP_BYTES,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: 4_096,
    handleProtocols: (offered) => (offered.has(SUBPROTOCOL_V2) ? SUBPROTOCOL_V2 : SUBPROTOCOL),
  })
  const upgrade = async (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const path = (request.url ?? '').split('?', 1)[0]
    // A proxy that ends TLS has no certificate of ours. What is inside has one.
    if (path === TUNNEL_PATH) return tunnels.open(request, socket, head)
    const identity = requireCertificate(request.socket as TLSSocket, core.now())
    shares.request(identity, 0)
    if (path === agentRoutes.ping.path) {
      await admit(core, identity, agentRoutes.ping, {})
      switchAndClose(request, socket)
      return
    }
    if (path !== agentRoutes.connect.path)
      throw refusal('path/unknown', 'this path has no websocket', 'use the same version of Cantrip on both sides')
    const { name, certificate, fingerprint, address } = await admitMachine(core, identity, agentRoutes.connect)
    const offered = request.headers['sec-websocket-protocol']?.split(',').map((each) => each.trim()) ?? []
    if (!offered.includes(SUBPROTOCOL)) {
      const fix = 'use the same version of agent and controller'
      throw refusal('protocol/version', `wanted subprotocol ${SUBPROTOCOL}`, fix)
    }
    if (await isNextKey(core, name, fingerprint))
      await adoptKey(recorded(core, connectionAct(identity, address, 'adoptKey')), name, fingerprint)
    const issuer = core.authority.issuerOf(certificate)
    const peer = { address, fingerprint, expiresAt: certificate.validToDate, issuer }
    sockets.handleUpgrade(request, socket, head, (webSocket) => hub.accept(webSocket, name, peer))
  }
  // Stays as long as the socket: made below, it would keep the request in memory.
  const onError = (error: Error) => core.log(`upgrade to a websocket failed: ${error.message}`)
  return (request, socket, head) => {
    socket.on('error', onError)
    upgrade(request, socket, head).catch((error: unknown) => {
      noteRefusal(core, request.socket as TLSSocket, error)
      refuse(socket, error, { kind: 'node' })
    })
  }
}

function noteRefusal({ audit, now }: Services, socket: TLSSocket, error: unknown): void {
  if (!(error instanceof AgentError) || ![401, 403].includes(statusOf(error.code))) return
  const identity = clientOf(socket, now()) ?? null
  const act = connectionAct(identity, socket.remoteAddress, 'connect')
  audit.note({ act, outcome: 'refused', code: error.code, isKnown: identity !== null })
}

function switchAndClose(request: IncomingMessage, socket: Duplex): void {
  const key = request.headers['sec-websocket-key']
  const accept = key === undefined ? [] : [`Sec-WebSocket-Accept: ${digest(key)}`]
  const token = request.headers.upgrade?.replace(/[^\w/.-]/g, '') ?? 'websocket'
  finish(
    socket,
    ['HTTP/1.1 101 Switching Protocols', `Upgrade: ${token}`, 'Connection: Upgrade', ...accept, '', ''].join('\r\n'),
  )
}

function digest(key: string): string {
  return createHash('sha1').update(`${key}${WEBSOCKET_GUID}`).digest('base64')
}
