import type { DownBody } from '../../protocol/wire/frames.ts'
import type { Node } from '../domain/records.ts'

/** The live state of nodes; the hub implements it. */
export interface Presence {
  isConnected(nodeId: string): boolean
  /** Capabilities of the agent of a connected node, see wire/capabilities.ts. */
  capabilitiesOf(nodeId: string): readonly string[] | undefined
  /** Time of the last message from a connected node. */
  lastContact(nodeId: string): Date | undefined
  /** Whether a connected node was not told this state of it. */
  isBehind(node: Pick<Node, 'id' | 'state'>): boolean
  /** Sends what the store has for the node: instruction, cancellation, state. Ends the session of a removed node. */
  deliver(nodeId: string): void
  /** Returns false if the node is not connected. */
  send<T extends keyof DownBody>(nodeId: string, t: T, body: DownBody[T]): boolean
}

/** Used until the hub exists. */
export const NOBODY: Presence = {
  isConnected: () => false,
  capabilitiesOf: () => undefined,
  lastContact: () => undefined,
  isBehind: () => false,
  deliver: () => undefined,
  send: () => false,
}
