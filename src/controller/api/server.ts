import type { IncomingMessage, RequestListener } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { openTimers } from '../../base/timers.ts'
import type { TlsFiles } from '../access/server/named-certificate.ts'
import { openServerTls } from '../access/server/server-tls.ts'
import { refusal } from '../domain/admission.ts'
import type { Hub } from '../live/hub.ts'
import { Rate } from '../rate.ts'
import type { Services } from '../services.ts'
import { connectionAct } from './admission/act-of.ts'
import { CLIENT_CERTIFICATES, keepStrict, limitConnections } from './admission/connections.ts'
import { openDownloads } from './admission/downloads.ts'
import { passIfOnlyExpired } from './admission/expired.ts'
import { type Handshakes, openHandshakes } from './admission/handshakes.ts'
import { oneAtATime } from './admission/one-at-a-time.ts'
import { openShares } from './admission/shares.ts'
import type { ConsoleFiles } from './console/files.ts'
import { refuse } from './errors/raw-answer.ts'
import { clientOf, type Identity, kindOf } from './identity.ts'
import {
  DOWNLOADS_PER_IDENTITY,
  DOWNLOADS_PER_JOIN_COMMAND,
  MAX_CONNECTIONS,
  TIMEOUTS,
  type Timeouts,
} from './limits.ts'
import { createRouter } from './router.ts'
import { addressTunnels, beginOn, openTunnels } from './tunnels.ts'
import { createUpgrade } from './upgrade.ts'

/** The server of the only port: TLS 1.3, limits on time, size and number. */
export async function createApiServer(
  core: Services,
  hub: Hub,
  hosts: readonly string[],
  timeouts: Timeouts = TIMEOUTS,
  tlsFiles?: TlsFiles,
  consoleFiles: ConsoleFiles = new Map(),
): Promise<Server> {
  const tls = openServerTls(core, hosts, tlsFiles)
  const options = { ...timeouts, ...CLIENT_CERTIFICATES, maxHeaderSize: 8 * 1024 }
  const timers = openTimers()
  const time = { monotonicMs: () => performance.now(), later: timers.later }
  const shares = openShares(time.monotonicMs)
  const downloads = (most: number) =>
    openDownloads({
      ...{ ...time, most, limitMs: timeouts.downloadTimeout },
      onStalled: (client) => core.refused('stalled downloads', `ended a download of ${client}, which did not read it`),
    })
  const beginDownload = { ofNode: downloads(DOWNLOADS_PER_IDENTITY), ofJoin: downloads(DOWNLOADS_PER_JOIN_COMMAND) }
  let known: (socket: Socket, identity: Identity) => void = () => undefined
  let ended: (socket: Socket) => void = () => undefined
  const onAuthenticated = (socket: Socket, identity: Identity) => known(socket, identity)
  const onEnded = (socket: Socket) => ended(socket)
  const create = (listener: RequestListener) =>
    createServer({ ...tls.options, ...options }, oneAtATime(listener, pipelinedOn(core, onEnded)))
  const server = await createRouter(core, { shares, beginDownload, onAuthenticated, onEnded }, consoleFiles, create)
  server.maxHeadersCount = 64
  server.setTimeout(timeouts.idleTimeout)
  server.maxConnections = MAX_CONNECTIONS
  server.on('drop', () => core.refused('connections', `refused a connection: there are ${MAX_CONNECTIONS}`))
  server.on('checkExpectation', (_request, response) => response.writeHead(417, { connection: 'close' }).end())
  const handshakes = limitHandshakes(server, core, time)
  ended = (socket) => handshakes.ended(socket)
  const clients = limitConnections(server, { now: core.now, refused: core.refused, ...time }, shares, handshakes)
  known = clients.known
  server.on('upgrade', createUpgrade(core, hub, shares, openTunnels(server, clients.carries)))
  keepStrict(server, (socket) => passIfOnlyExpired(core, socket), logRefusedHandshakes(server, core))
  addressTunnels(server)
  tls.keep(server)
  server.on('close', () => timers.clear())
  return server
}

function pipelinedOn(core: Services, onEnded: (socket: Socket) => void) {
  return (socket: Socket, { headers }: IncomingMessage, isAnswerBegun: boolean): void => {
    core.refused('pipelined requests', `refused requests that ${socket.remoteAddress} pipelined on one connection`)
    onEnded(socket)
    const fix = 'send a request after the answer to the one before, or use several connections'
    if (isAnswerBegun) socket.destroy()
    else
      refuse(socket, refusal('limit/pipelined', 'found several requests at once on one connection', fix), {
        kind: kindOf(clientOf(socket as TLSSocket, core.now())),
        accept: headers.accept,
      })
  }
}

/** Takes the place of the listener that begins TLS with each new connection. */
function limitHandshakes(
  server: Server,
  { refused }: Services,
  time: Pick<Parameters<typeof openHandshakes>[0], 'monotonicMs' | 'later'>,
): Handshakes<Socket> {
  const [beginTls] = server.listeners('connection')
  server.removeAllListeners('connection')
  const handshakes = openHandshakes<Socket>({
    ...time,
    begin: (socket) => beginOn(socket, () => beginTls?.call(server, socket)),
    onRefused: (address) =>
      refused(
        `connections from ${address}`,
        `refused connections from ${address}, which has too many that have not authenticated`,
      ),
  })
  server.on('connection', (socket: Socket) => {
    socket.on('error', () => undefined)
    handshakes.enter(socket)
  })
  return handshakes
}

/** Limited in rate: clients with wrong credentials must not fill the disk. */
function logRefusedHandshakes(server: Server, core: Services): (why: string, socket: Socket) => void {
  const rate = new Rate(1, 20, core.now().getTime())
  let untold = 0
  const note = (why: string, socket: Socket) => {
    noteHandshake(core, why, socket)
    untold++
    if (!rate.tryTake(core.now().getTime())) return
    const others = untold > 1 ? `; ${untold - 1} others since the last of these lines` : ''
    untold = 0
    core.log(`handshake with ${socket.remoteAddress ?? 'a client that is gone'} refused: ${why}${others}`)
  }
  server.on('tlsClientError', (error, socket) =>
    note('code' in error ? String(error.code) : error.message, socket as Socket),
  )
  return note
}

/** Not those whose client went away, as probes of load balancers do. */
function noteHandshake({ audit }: Services, why: string, { remoteAddress }: Socket): void {
  if (!/^ERR_SSL|CERT|CHAIN|SIGNATURE|VERIFY/.test(why)) return
  const act = connectionAct(null, remoteAddress, 'handshake')
  audit.note({ act, outcome: 'refused', code: `tls/${why.toLowerCase()}`, isKnown: false })
}
