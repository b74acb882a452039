import type { Authority } from '../../../../src/controller/access/authority.ts'
import { openRotation } from '../../../../src/controller/access/rotation.ts'
import type { BundleShelf } from '../../../../src/controller/bundles/bundle-shelf.ts'
import { openAgentFiles } from '../../../../src/controller/clusters/join/agent-files.ts'
import { openArchives } from '../../../../src/controller/images/archives.ts'
import { openUploads } from '../../../../src/controller/images/uploads.ts'
import { Changes } from '../../../../src/controller/live/changes.ts'
import { Hub } from '../../../../src/controller/live/hub.ts'
import { Operations } from '../../../../src/controller/live/operations.ts'
import { NOBODY, type Presence } from '../../../../src/controller/live/presence.ts'
import { NO_METER } from '../../../../src/controller/monitoring/meter.ts'
import { keepEnrolments } from '../../../../src/controller/nodes/enrolment.ts'
import { ALONE } from '../../../../src/controller/peers/peers.ts'
import { openPieces } from '../../../../src/controller/pieces/trade.ts'
import { reconcileAll } from '../../../../src/controller/reconcile/reconcile.ts'
import { openTurns } from '../../../../src/controller/reconcile/turns.ts'
import { RETENTION } from '../../../../src/controller/retention/limits.ts'
import { openRunQuotas } from '../../../../src/controller/retention/run-quotas.ts'
import type { Services } from '../../../../src/controller/services.ts'
import type { Store } from '../../../../src/controller/store/port.ts'
import { VERSIONS } from './versions.ts'

/** A controller without its API, as start.ts creates it, on a store that other controllers may share. */
export interface Process {
  readonly services: Services
  readonly hub: Hub
  /** Runs the periodic pass over all nodes. Passes do not overlap. */
  tick(): Promise<void>
}

const BUNDLE = { name: 'b', manifestSha256: '0'.repeat(64), publicKey: '' }
/** Of the shelf nothing else is asked. */
const SHELF: Pick<BundleShelf, 'refresh' | 'pick' | 'versions' | 'names'> = {
  refresh: async () => undefined,
  pick: () => BUNDLE,
  versions: () => VERSIONS,
  names: () => ['b'],
}
const HEARTBEAT_MS = 30_000

export function startProcess(store: Store, authority: Authority, log: (line: string) => void): Process {
  // No model adds images.
  const archives = openArchives('/nowhere')
  const ports = {
    store,
    authority,
    bundles: SHELF as unknown as BundleShelf,
    agentFiles: openAgentFiles([]),
    agentReleases: async () => [],
    images: { archives, uploads: openUploads(archives, () => new Date(0)) },
    changes: new Changes(),
    presence: NOBODY as Presence,
    operations: new Operations(),
    turns: openTurns(),
    peers: ALONE,
    live: new Map(),
    runQuotas: openRunQuotas(store, RETENTION.run),
    pairChecks: new Map(),
    now: () => new Date(),
    startedAt: new Date(),
    log,
    refused: (_: string, line: string) => log(line),
    meter: NO_METER,
    expiries: new Map(),
    lateRenewalMs: 0,
    oidc: undefined,
    publicUrls: [],
    hasConsole: true,
    browserOrigin: () => '',
  }
  const services: Services = Object.assign(ports, {
    audit: { note: () => undefined, noted: () => null },
    pieces: openPieces(ports),
    rotation: openRotation(ports, async () => undefined),
  })
  const hub = new Hub(services, () => HEARTBEAT_MS)
  services.presence = hub
  const look = async () => {
    await hub.saveLastSeen()
    await reconcileAll(services, keepEnrolments)
  }
  let looking: Promise<void> | undefined
  return {
    services,
    hub,
    tick() {
      looking ??= look().finally(() => {
        looking = undefined
      })
      return looking
    },
  }
}
