import type { StoredRelease } from '../bundle/agents/releases.ts'
import type { AuditHead } from '../protocol/audit/entry.ts'
import type { Authority } from './access/authority.ts'
import type { Attempt } from './audit/refusals.ts'
import type { BundleShelf } from './bundles/bundle-shelf.ts'
import type { AgentFiles } from './clusters/join/agent-files.ts'
import type { CountedLog } from './counted-log.ts'
import type { ClusterData } from './domain/draft.ts'
import type { ImageArchives } from './images/archives.ts'
import type { Uploads } from './images/uploads.ts'
import type { Changes } from './live/changes.ts'
import type { Operations } from './live/operations.ts'
import type { Presence } from './live/presence.ts'
import type { Log } from './monitoring/log.ts'
import type { Meter } from './monitoring/meter.ts'
import type { Campaign } from './pair-checks/campaign.ts'
import type { Peers } from './peers/peers.ts'
import type { Pieces } from './pieces/pieces.ts'
import type { Turns } from './reconcile/turns.ts'
import type { RunQuotas } from './retention/run-quotas.ts'
import type { Store } from './store/port.ts'

/*
 * Dependencies of the parts of the controller, one interface each. The type of a function's parameter lists those that it
 * uses: `ports: HasStore & HasClock`. start.ts creates them.
 */

export interface HasStore {
  store: Store
}

export interface HasClock {
  now(): Date
  /** When this process started, or was cut off from the database for a while: contact with nodes before is not known. */
  startedAt: Date
}

export interface HasLog {
  log: Log
}

export interface HasRefusals {
  /** Logs what a client can cause as often as it likes. */
  refused: CountedLog
}

export interface HasMeter {
  meter: Meter
}

export interface HasExpiries {
  /** When the certificates of the server expire, by their purpose: `server` for agents, `browsers` for the name of --tls-cert. */
  expiries: Map<'server' | 'browsers', () => Date>
}

export interface HasAudit {
  audit: {
    /** Records a request that was refused or that failed: at once, or counted with others like it. */
    note(attempt: Attempt): void
    /** The head that this controller has noted in its data directory. */
    noted(): AuditHead | null
  }
}

export interface HasAuthority {
  authority: Authority
}

export interface HasLateRenewals {
  /** For so long after its end a node's certificate is good for its own renewal. */
  lateRenewalMs: number
}

export interface HasBundles {
  bundles: BundleShelf
}

export interface HasImages {
  /** Of the images that people add to clusters. */
  images: { archives: ImageArchives; uploads: Uploads }
}

export interface HasAgentFiles {
  /** For machines that are not nodes yet. */
  agentFiles: AgentFiles
}

export interface HasAgentReleases {
  /** The imported releases of the agent, the newest first. */
  agentReleases(): Promise<readonly StoredRelease[]>
}

export interface HasPresence {
  presence: Presence
}

export interface HasAnnouncements {
  changes: Changes
}

export interface HasPieces {
  pieces: Pieces
}

export interface HasPeers {
  peers: Peers
}

export interface HasOperations {
  operations: Operations
}

/** What a client wants to be true when its change is made: If-Match. */
export interface Precondition {
  /** Throws unless it is true of these records. */
  check(data: ClusterData): void
  /** Set when the change was made: later changes of the same request need not meet it. */
  isMet: boolean
}

export interface HasPrecondition {
  precondition?: Precondition
}

export interface HasTurns {
  /** Serializes the changes of each cluster. */
  turns: Turns
}

export interface LiveProgress {
  step: string
  done: number
  of: number
}

export interface HasLiveProgress {
  /** Progress of the running steps, by run. Never stored. */
  live: Map<string, LiveProgress>
}

export interface HasRunQuotas {
  runQuotas: RunQuotas
}

export interface HasPairChecks {
  /** Running pair checks, by id. */
  pairChecks: Map<string, { clusterId: string; campaign: Campaign }>
}

export interface HasPublicUrls {
  /** The URLs at which agents reach this controller. */
  publicUrls: readonly string[]
}

export interface HasBrowserOrigin {
  /** Where browsers reach this controller: scheme, host and port. */
  browserOrigin(): string
}

export interface HasConsole {
  /** Whether this controller was built with the web console. */
  readonly hasConsole: boolean
}
