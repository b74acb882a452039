import type { Authority } from './access/authority.ts'
import type { BundleShelf } from './bundles/bundle-shelf.ts'
import type { Changes } from './live/changes.ts'
import type { Operations } from './live/operations.ts'
import type { Presence } from './live/presence.ts'
import type { Campaign } from './pair-checks/campaign.ts'
import type { Turns } from './reconcile/turns.ts'
import type { Store } from './store/port.ts'

/*
 * What the parts of the controller are handed, one thing each. A function's parameter names those that it uses:
 * `ports: HasStore & HasClock`. start.ts makes them.
 */

export interface HasStore {
  store: Store
}

export interface HasClock {
  now(): Date
  /** Of this process: before it nobody could have been heard. */
  startedAt: Date
}

export interface HasLog {
  /** One line for whoever watches the process; never a secret. */
  log(line: string): void
}

export interface HasAuthority {
  authority: Authority
}

export interface HasBundles {
  bundles: BundleShelf
}

export interface HasPresence {
  presence: Presence
}

export interface HasAnnouncements {
  changes: Changes
}

export interface HasOperations {
  operations: Operations
}

export interface HasTurns {
  /** By cluster: changes of one cluster come one after the other. */
  turns: Turns
}

export interface LiveProgress {
  step: string
  done: number
  of: number
}

export interface HasLiveProgress {
  /** How far steps have come that go on now, by run: of interest only while it lasts, and never stored. */
  live: Map<string, LiveProgress>
}

export interface HasPairChecks {
  /** Checks of pairs of nodes that go on now, by their id. */
  pairChecks: Map<string, { clusterId: string; campaign: Campaign }>
}

export interface HasPublicUrls {
  /** Where agents reach this controller. */
  publicUrls: readonly string[]
}
