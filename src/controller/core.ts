import type { SignedInstruction } from '../protocol/instruction.ts'
import type { PairCheckDown } from '../protocol/pair-check.ts'
import type { BundleShelf } from './bundle-shelf.ts'
import type { Changes } from './changes.ts'
import type { Errands } from './errands.ts'
import type { Rival } from './hub/rivals.ts'
import type { Campaign } from './pair-checks/campaign.ts'
import type { Authority } from './pki/authority.ts'
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
  errands: Errands
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

/** The live side of nodes, kept by the hub. */
export interface Presence {
  isConnected(nodeId: string): boolean
  /** Another machine that came with the node's key while it was connected. */
  rivalOf(nodeId: string): Rival | undefined
  /** When anything was last heard from a connected node. */
  lastHeard(nodeId: string): Date | undefined
  /** Sends what the store holds for the node: instructions, cancellations, its state; ends the session of a removed one. */
  deliver(nodeId: string): void
  /** False where the node is not connected. */
  sendErrand(nodeId: string, errand: SignedInstruction): boolean
  sendPairCheck(nodeId: string, body: PairCheckDown): boolean
}

/** Before the hub is there. */
export const NOBODY: Presence = {
  isConnected: () => false,
  rivalOf: () => undefined,
  lastHeard: () => undefined,
  deliver: () => undefined,
  sendErrand: () => false,
  sendPairCheck: () => false,
}
