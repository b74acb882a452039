import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { AgentError } from '../base/agent-error.ts'
import { ensureAdminAccess } from './access/admin-access.ts'
import { openAuthority } from './access/authority.ts'
import { makePrivateDirectory } from './access/private-files.ts'
import { certificateHosts, type Listen, localUrl, reachableUrls } from './api/addresses.ts'
import { createApiServer } from './api/server.ts'
import { BundleShelf } from './bundles/bundle-shelf.ts'
import type { Core } from './core.ts'
import { Changes } from './live/changes.ts'
import { Hub } from './live/hub.ts'
import { Operations } from './live/operations.ts'
import { NOBODY } from './live/presence.ts'
import { dropLapsed } from './nodes/enrolment.ts'
import { reconcileAll } from './reconcile/reconcile.ts'
import { openStore } from './store/store.ts'

export interface ControllerOptions {
  dataDirectory: string
  /** Port 0: any free one. */
  listen: Listen
  /** Where agents reach it; by default what `listen` says. */
  publicUrls?: readonly string[]
  now?: () => Date
  log?: (line: string) => void
  /** What a session is told as its heartbeat; default 30 s ± 20 %. */
  heartbeatMs?: () => number
  /** How often silence, expiry and lapse are looked at; default 5 s. */
  tickMs?: number
  /** Over which time agents come back after a close; default 5 s. */
  drainMs?: number
}

export interface Controller {
  /** For the administrator on this machine. */
  url: string
  port: number
  /** Where agents reach it. */
  publicUrls: readonly string[]
  adminFile: string
  /** Looks at silence, expiry and lapse at once. */
  tick(): void
  close(): Promise<void>
}

/** Everything of the controller in one process; the directory is made at the first start and is all that it needs. */
export async function startController(options: ControllerOptions): Promise<Controller> {
  const { dataDirectory, listen } = options
  const now = options.now ?? (() => new Date())
  makePrivateDirectory(dataDirectory)
  const store = openStore(join(dataDirectory, 'controller.db'))
  const authority = openAuthority(join(dataDirectory, 'pki'), now())
  const bundles = new BundleShelf(dataDirectory)
  await bundles.refresh()
  const core: Core = {
    store,
    authority,
    bundles,
    changes: new Changes(),
    presence: NOBODY,
    operations: new Operations(),
    live: new Map(),
    pairChecks: new Map(),
    now,
    startedAt: now(),
    log: options.log ?? (() => undefined),
    publicUrls: options.publicUrls ?? [],
  }
  const hub = new Hub(core, options.heartbeatMs ?? (() => Math.round(30_000 * (0.8 + 0.4 * Math.random()))))
  core.presence = hub
  const server = createApiServer(core, hub, certificateHosts(listen, options.publicUrls ?? []))
  try {
    await listenOn(server, listen)
  } catch (error) {
    store.close()
    throw error
  }
  const { port } = server.address() as AddressInfo
  if (core.publicUrls.length === 0) core.publicUrls = reachableUrls({ host: listen.host, port })
  const url = localUrl({ host: listen.host, port })
  const adminFile = join(dataDirectory, 'admin.json')
  ensureAdminAccess(adminFile, url, authority, now())

  const tick = () => {
    hub.saveLastSeen()
    dropLapsed(core)
    reconcileAll(core)
  }
  tick()
  const timer = setInterval(() => attempt(core, tick), options.tickMs ?? 5_000)
  return {
    url,
    port,
    publicUrls: core.publicUrls,
    adminFile,
    tick,
    async close() {
      clearInterval(timer)
      const closed = once(server.close(), 'close')
      await hub.close(options.drainMs ?? 5_000)
      server.closeAllConnections()
      await closed
      store.close()
    },
  }
}

/** A disk that is full for a while must not end the controller. */
function attempt(core: Core, work: () => void): void {
  try {
    work()
  } catch (error) {
    core.log(`could not look after the nodes: ${error instanceof Error ? error.stack : error}`)
  }
}

async function listenOn(server: ReturnType<typeof createApiServer>, { host, port }: Listen): Promise<void> {
  try {
    server.listen(port, host)
    await once(server, 'listening')
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown'
    throw new AgentError('serve/cannot-listen', `cannot listen on ${host}:${port}: ${code}`, {
      fix:
        code === 'EADDRINUSE' ? 'end what listens there, or give another --listen' : 'give another --listen HOST:PORT',
      kind: 'invalid',
      cause,
    })
  }
}
