import type { Authority } from './access/authority.ts'
import type { BundleShelf } from './bundles/bundle-shelf.ts'
import type { Changes } from './live/changes.ts'
import type { Operations } from './live/operations.ts'
import type { Presence } from './live/presence.ts'
import type { Campaign } from './pair-checks/campaign.ts'
import type { Store } from './store/store.ts'

export interface LiveProgress {
  step: string
  done: number
  of: number
}

/** What the parts of the controller share. */
export interface Core {
  store: Store
  authority: Authority
  bundles: BundleShelf
  changes: Changes
  presence: Presence
  operations: Operations
  /** How far steps have come that go on now, by run: of interest only while it lasts, and never stored. */
  live: Map<string, LiveProgress>
  /** Checks of pairs of nodes that go on now, by their id. */
  pairChecks: Map<string, { clusterId: string; campaign: Campaign }>
  now(): Date
  /** Of this process: before it nobody could have been heard. */
  startedAt: Date
  /** One line for whoever watches the process; never a secret. */
  log(line: string): void
  /** Where agents reach this controller. */
  publicUrls: readonly string[]
}
