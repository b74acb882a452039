import { createServer, type Server } from 'node:https'
import type { TlsFiles } from '../access/server/named-certificate.ts'
import { openServerTls } from '../access/server/server-tls.ts'
import type { Hub } from '../live/hub.ts'
import { Rate } from '../live/rate.ts'
import type { Services } from '../services.ts'
import { createRouter } from './router.ts'
import { createUpgrade } from './upgrade.ts'

const MAX_CONNECTIONS = 12_000

/** How long a client can take, in ms. */
export interface Timeouts {
  handshakeTimeout: number
  headersTimeout: number
  requestTimeout: number
  keepAliveTimeout: number
  connectionsCheckingInterval: number
  /** Without a byte in either direction; longer than any answer takes. */
  idleTimeout: number
}

const TIMEOUTS: Timeouts = {
  handshakeTimeout: 30_000,
  headersTimeout: 10_000,
  requestTimeout: 60_000,
  keepAliveTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
  idleTimeout: 300_000,
}

/** The server of the only port: TLS 1.3, client certificates of the controller's CA, limits on time and size. */
export async function createApiServer(
  core: Services,
  hub: Hub,
  hosts: readonly string[],
  timeouts: Timeouts = TIMEOUTS,
  tlsFiles?: TlsFiles,
): Promise<Server> {
  const tls = openServerTls(core, hosts, tlsFiles)
  const limits = {
    ...timeouts,
    requestCert: true,
    rejectUnauthorized: true,
    maxHeaderSize: 8 * 1024,
  }
  const server = await createRouter(core, (listener) => createServer({ ...tls.options, ...limits }, listener))
  server.maxHeadersCount = 64
  server.setTimeout(timeouts.idleTimeout)
  server.maxConnections = MAX_CONNECTIONS
  server.on('upgrade', createUpgrade(core, hub))
  logRefusedHandshakes(server, core)
  tls.keep(server)
  return server
}

/** Limited in rate: clients with wrong credentials must not fill the disk. */
function logRefusedHandshakes(server: Server, core: Services): void {
  const rate = new Rate(1, 20, core.now().getTime())
  let untold = 0
  server.on('tlsClientError', (error, socket) => {
    untold++
    if (!rate.takeIfThere(core.now().getTime())) return
    const code = 'code' in error ? error.code : error.message
    const others = untold > 1 ? `; ${untold - 1} others since the last of these lines` : ''
    untold = 0
    core.log(`handshake with ${socket.remoteAddress} refused: ${code}${others}`)
  })
}
