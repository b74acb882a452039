import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { errorMessage } from '../base/text/error-message.ts'
import { openTimers } from '../base/timers.ts'
import { version } from '../base/version.ts'
import { listReleases } from '../bundle/agents/releases.ts'
import { isAllowed } from '../protocol/api/people/permissions.ts'
import { heartbeatMs } from '../protocol/wire/session/limits.ts'
import { keepAdminAccess } from './access/admin-access.ts'
import { openOidc } from './access/oidc/oidc.ts'
import { WANTED_FOR } from './access/people/grants.ts'
import { sweepSessions } from './access/people/sessions.ts'
import { sweepTokens } from './access/people/tokens.ts'
import { makePrivateDirectory } from './access/private-directory.ts'
import { openRotation } from './access/rotation.ts'
import { certificateHosts, type Listen, localUrl, reachableUrls } from './api/addresses.ts'
import { LATE_RENEWAL_DAYS } from './api/admission/expired.ts'
import { consoleFilesOf } from './api/console/files.ts'
import { BACKLOG } from './api/limits.ts'
import { createApiServer } from './api/server.ts'
import { openAuditLog } from './audit/log.ts'
import { AUDIT_RETENTION } from './audit/retention.ts'
import { BundleShelf } from './bundles/bundle-shelf.ts'
import { openAgentFiles } from './clusters/join/agent-files.ts'
import { openAccessKeeper } from './clusters/kubeconfigs/keep.ts'
import { countedLog } from './counted-log.ts'
import { failureText } from './failure-text.ts'
import { openArchives } from './images/archives.ts'
import { openMissingImages } from './images/fetch-missing.ts'
import { neededArchives } from './images/needed.ts'
import { openUploads } from './images/uploads.ts'
import { cannotListen } from './listening/cannot-listen.ts'
import { endConnections } from './listening/end-connections.ts'
import { countRequests } from './listening/requests-in-work.ts'
import { Changes } from './live/changes.ts'
import { Hub } from './live/hub.ts'
import { Operations } from './live/operations.ts'
import { NOBODY, type Presence } from './live/presence.ts'
import { measuredStore, NO_METER } from './monitoring/meter.ts'
import type { Metrics } from './monitoring/prometheus/open.ts'
import { keepEnrolments } from './nodes/enrolment.ts'
import type { ControllerOptions } from './options.ts'
import { joinPeers } from './peers/join.ts'
import { openMissingBundles } from './peers/missing-bundles.ts'
import { openSharedAuthority } from './peers/own-authority.ts'
import { ALONE, NOT_JOINED } from './peers/peers.ts'
import { placeOf } from './peers/place.ts'
import { openPieces } from './pieces/trade.ts'
import type { HasLog } from './ports.ts'
import { reconcileAll } from './reconcile/reconcile.ts'
import { openTurns } from './reconcile/turns.ts'
import { openJanitor } from './retention/janitor.ts'
import { RETENTION } from './retention/limits.ts'
import { openRunQuotas } from './retention/run-quotas.ts'
import type { Services } from './services.ts'
import { databaseProblems } from './store/look.ts'
import { openStore } from './store/open.ts'
import type { Store } from './store/port.ts'
import { openTicks } from './ticks.ts'

export interface Controller {
  /** For the administrator on this machine. */
  url: string
  port: number
  /** For agents. */
  publicUrls: readonly string[]
  adminFile: string
  /** Handles unreachable nodes, expired instructions and lapsed enrolments now. */
  tick(): Promise<void>
  close(): Promise<void>
}

/** Starts the controller in this process. All its data is in the directory, which is created at the first start. */
export async function startController(options: ControllerOptions): Promise<Controller> {
  const { dataDirectory, metricsListen } = options
  makePrivateDirectory(dataDirectory)
  const metrics =
    metricsListen && (await import('./monitoring/prometheus/open.ts')).openMetrics(metricsListen, dataDirectory)
  const opened = await openStore(options)
  const store = metrics ? measuredStore(opened, metrics.meter, () => performance.now()) : opened
  try {
    return await startOn(store, options, metrics)
  } catch (error) {
    await store.close()
    throw error
  }
}

async function startOn(store: Store, options: ControllerOptions, metrics?: Metrics): Promise<Controller> {
  const { dataDirectory, listen } = options
  // Controllers that share a database use its clock.
  let aheadMs = 0
  const now = options.now ?? (() => new Date(Date.now() + aheadMs))
  const authority = await openSharedAuthority(store, join(dataDirectory, 'pki'), now(), options.sealer)
  const log = options.log ?? (() => undefined)
  const bundles = new BundleShelf(dataDirectory, log)
  await bundles.completeDeletions()
  await bundles.refresh()
  const archives = openArchives(dataDirectory)
  const timers = openTimers()
  const retention = { ...RETENTION, ...options.retention }
  const ports = {
    store,
    authority,
    bundles,
    agentFiles: openAgentFiles(options.agentDirectories ?? [join(dataDirectory, 'agents')]),
    images: { archives, uploads: openUploads(archives, now) },
    agentReleases: () => listReleases(dataDirectory),
    changes: new Changes(),
    presence: NOBODY as Presence,
    peers: store.shared ? NOT_JOINED : ALONE,
    operations: new Operations(),
    turns: openTurns(),
    live: new Map(),
    runQuotas: openRunQuotas(store, retention.run),
    pairChecks: new Map(),
    now,
    startedAt: now(),
    log,
    meter: metrics?.meter ?? NO_METER,
    expiries: new Map(),
    lateRenewalMs: (options.lateRenewalDays ?? LATE_RENEWAL_DAYS) * 86_400_000,
    refused: countedLog(log, timers.later),
    publicUrls: options.publicUrls ?? [],
    hasConsole: (options.consoleAssets?.size ?? 0) > 0,
    browserOrigin: (): string => options.browserUrl ?? ports.publicUrls[0] ?? '',
  }
  const auditLog = await openAuditLog(ports, {
    ...{ dataDirectory, later: timers.later },
    retention: { ...AUDIT_RETENTION, ...options.auditRetention },
    syslog: options.auditSyslog,
  })
  let onKeys = async (): Promise<void> => undefined
  const services: Services = Object.assign(ports, {
    audit: auditLog.audit,
    pieces: openPieces(ports),
    rotation: openRotation(ports, () => onKeys()),
    oidc: options.oidc && openOidc(options.oidc, ports),
  })
  const hub = new Hub(services, options.heartbeatMs ?? (() => Math.round(heartbeatMs(Math.random))))
  services.presence = hub
  const server = await createApiServer(
    services,
    hub,
    certificateHosts(listen, options.publicUrls ?? []),
    options.timeouts,
    options.tlsFiles,
    consoleFilesOf(options.consoleAssets ?? new Map()),
  )
  const requests = countRequests(server, timers.later)
  await listenOn(server, listen)
  const { port } = server.address() as AddressInfo
  if (services.publicUrls.length === 0) services.publicUrls = reachableUrls({ host: listen.host, port })
  const { publicUrls } = services
  const url = localUrl({ host: listen.host, port })
  const adminFile = join(dataDirectory, 'admin.json')
  await keepAdminAccess(services, adminFile, url)
  onKeys = async () => {
    void hub.sendTrust()
    await keepAdminAccess(services, adminFile, url)
  }

  const keepAccess = openAccessKeeper(services, (grants, role, project) => isAllowed(grants, WANTED_FOR[role], project))
  const tick = async () => {
    await hub.saveLastSeen()
    await reconcileAll(services, keepEnrolments)
    await keepAdminAccess(services, adminFile, url)
    await auditLog.tick()
    await keepAccess()
    await sweepSessions(services)
    await sweepTokens(services)
  }
  const look = () => attempt(services, 'cannot reconcile the clusters', tick)
  const place = () => ({ place: placeOf(dataDirectory), urls: publicUrls, version: version.version })
  const fetchBundles = openMissingBundles(services, { dataDirectory, adminFile })
  const fetchImages = openMissingImages(services, adminFile)
  const joined = await joinPeers(services, hub, place, {
    readAgain: () => void look(),
    setAhead: (ms) => {
      aheadMs += ms
    },
    beatMs: options.beatMs ?? 3_000,
    async fetchFiles(others) {
      await Promise.all([fetchBundles(others), fetchImages(others)])
    },
  })
  await look()
  const ticks = openTicks(options.tickMs ?? 5_000, look)
  const janitor = openJanitor(services, retention)
  const tidying = openTicks(options.tickMs ?? 5_000, async () => {
    await attempt(services, 'cannot delete old events', janitor.tidy)
    await attempt(services, 'cannot remove images that no cluster has', async () =>
      archives.sweep(async () => new Set((await neededArchives(store)).keys()), now()),
    )
    await attempt(services, 'cannot remove old entries of the audit log', auditLog.tidy)
  })
  const stopCopies = bundles.addCopies()
  let isStopping = false
  const problems = async () => [
    ...(isStopping ? ['it is stopping'] : []),
    ...(await databaseProblems(store, timers.later)),
  ]
  const monitored = await metrics?.serve(services, { adminFile, problems })
  return {
    url,
    port,
    publicUrls,
    adminFile,
    tick,
    async close() {
      isStopping = true
      const stopped = ticks.stop()
      const closed = once(server.close(), 'close')
      services.changes.end()
      const drainMs = options.drainMs ?? 5_000
      await Promise.all([hub.close(drainMs), requests.ended(drainMs)])
      endConnections(server)
      await closed
      await stopped
      await tidying.stop()
      await stopCopies()
      await auditLog.close().catch((error: unknown) => log(`the audit log: ${errorMessage(error)}`))
      await joined.leave()
      await monitored?.close()
      timers.clear()
      await store.close()
    },
  }
}

/** A temporary error, such as a full disk, must not end the controller. */
async function attempt({ log }: HasLog, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    log(`${what}: ${failureText(error)}`, { level: 'error' })
  }
}

async function listenOn(server: Awaited<ReturnType<typeof createApiServer>>, { host, port }: Listen): Promise<void> {
  try {
    server.listen({ port, host, backlog: BACKLOG })
    await once(server, 'listening')
  } catch (cause) {
    throw cannotListen({ host, port }, '--listen', cause)
  }
}
