import type { UpFrame } from '../../protocol/wire/frames.ts'
import type { OpenSession } from '../store/shared.ts'

/** A session of a node, by which others with the same key are judged: see live/rivals.ts. */
export interface Rival {
  /** As in live/session/machine-of.ts. */
  machine: string
  address: string
  /** Of the key. */
  fingerprint: string
}

/** The other controllers on the same database, as the parts of this one see them. */
export interface Peers {
  /**
   * The fencing number of the cluster's lease, if this controller has it: then it decides for the cluster. A free lease is taken.
   * `afresh`: asks the database, because a commit was refused.
   */
  leaseOf(clusterId: string, afresh?: boolean): number | undefined | Promise<number | undefined>
  /** A session with a node began here. */
  opened(session: OpenSession): void
  ended(nodeId: string): void
  /** Passes the node's message to the controllers that have asked the node for something. */
  passOn(nodeId: string, frame: UpFrame): void
  /** Whether another controller has a session with the node. */
  hasSession(nodeId: string): boolean
  /** Asks the controller with the session of the node, as Rivals.meet does here. Undefined if there is none, or no answer soon. */
  meet(nodeId: string, newer: Rival): Promise<Rival | undefined>
  /** Tells the others that these machines tried to connect as a node whose key two machines have. */
  tried(nodeId: string, machines: readonly string[]): void
  /** How many other controllers run. */
  others(): number
}

/** Until it has joined the others, a controller decides nothing. */
export const NOT_JOINED: Peers = {
  leaseOf: () => undefined,
  opened: () => undefined,
  ended: () => undefined,
  passOn: () => undefined,
  hasSession: () => false,
  meet: async () => undefined,
  tried: () => undefined,
  others: () => 0,
}

/** A controller with a database of its own decides everything. */
export const ALONE: Peers = { ...NOT_JOINED, leaseOf: () => 0 }
