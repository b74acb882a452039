/**
 * What the controllers that share a database know of each other. Every time here is compared by the database, with its own
 * clock. All of it is lost if the server of the database crashes, except for the leases: then each controller stores it again.
 */
export interface Shared {
  /**
   * Registers this process. It takes the place of an earlier process of the same data directory, whose leases are then free and
   * whose sessions have ended. `place` identifies the data directory.
   */
  register(self: Registration): Promise<void>
  /** Renews the registration, and takes the free leases. Without it, the registration lapses after LAPSE_MS. `bundles`: those here. */
  beat(bundles?: readonly SharedBundle[]): Promise<Beat>
  /** Ends the registration: leases are free at once. */
  leave(): Promise<void>
  /** The lease of a cluster, if this controller has it or it was free. */
  lease(clusterId: string): Promise<number | undefined>
  /** Records sessions of nodes at this controller, which replace earlier ones. Returns their numbers, in the same order. */
  open(sessions: readonly OpenSession[]): Promise<number[]>
  /** Forgets a session, unless a later one has replaced it. */
  close(nodeId: string, number: number): Promise<void>
  /** The sessions of these nodes, or all, at controllers whose registration has not lapsed. */
  sessions(nodeIds?: readonly string[]): Promise<HeldSession[]>
  /** Sends a message to another controller. It is stored until that one has taken it, at most for a minute. */
  post(to: string, message: unknown): Promise<void>
  /** Returns the messages for this controller, the oldest first, and deletes them. */
  take(): Promise<Message[]>
  /** Calls `on` for each notice of another controller, and with `lost` after notices may have been missed. */
  listen(on: (notice: Notice | 'lost') => void): void
  /** The keys that all controllers of the database share; undefined before the first one has started. */
  keys(): Promise<SharedKeys | undefined>
  /** Replaces them, unless those of the same or a later generation are stored. */
  setKeys(own: SharedKeys): Promise<void>
}

export interface Registration {
  place: string
  /** The URLs at which agents reach it. */
  urls: readonly string[]
  version: string
}

/** A bundle that other controllers can fetch, by the hash of its manifest. `publicKey`: of its builder, as in a BundleRef. */
export interface SharedBundle {
  sha256: string
  publicKey: string
}

/** Longer than some heartbeats take. */
export const LAPSE_MS = 15_000

export interface Beat {
  /** The id of this process. */
  id: string
  /** Of the database. */
  now: Date
  /** Whether the registration had lapsed, or is new: other controllers took this one for dead. */
  hadLapsed: boolean
  /** All registered controllers, this one included. */
  controllers: { id: string; urls: string[]; version: string; bundles: SharedBundle[] }[]
  /** By cluster: the fencing numbers of the leases of this controller. */
  held: Map<string, number>
  /** Clusters whose lease another live controller has. */
  elsewhere: Set<string>
}

export interface OpenSession {
  nodeId: string
  capabilities: readonly string[]
}

export interface HeldSession extends OpenSession {
  controller: string
  /** Grows with each session of a node. */
  number: number
}

/** Fingerprints, and no key. */
export interface SharedKeys {
  /** Grows as the keys are rotated. */
  generation: number
  fingerprints: readonly string[]
}

export interface Message {
  from: string
  body: unknown
}

export type Notice =
  /** A commit. `nodes`: for which there may be something to send; absent: for all. `undecided`: the controller with the lease decides. */
  | { kind: 'cluster'; id: string; nodes?: string[]; undecided?: true }
  | { kind: 'sessions'; nodes: string[] }
  | { kind: 'message' }
