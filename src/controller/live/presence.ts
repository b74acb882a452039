import type { PairCheckDown } from '../../protocol/wire/pair-check.ts'
import type { Signed } from '../../protocol/wire/signed.ts'
import type { Rival } from './rival.ts'

/** The live side of nodes, kept by the hub. */
export interface Presence {
  isConnected(nodeId: string): boolean
  /** What the agent of a connected node knows, see wire/capabilities.ts. */
  capabilitiesOf(nodeId: string): readonly string[] | undefined
  /** Another machine that came with the node's key while it was connected. */
  rivalOf(nodeId: string): Rival | undefined
  /** When anything was last heard from a connected node. */
  lastHeard(nodeId: string): Date | undefined
  /** Sends what the store holds for the node: instructions, cancellations, its state; ends the session of a removed one. */
  deliver(nodeId: string): void
  /** False where the node is not connected. */
  sendOperation(nodeId: string, operation: Signed): boolean
  sendPairCheck(nodeId: string, body: PairCheckDown): boolean
}

/** Before the hub is there. */
export const NOBODY: Presence = {
  isConnected: () => false,
  capabilitiesOf: () => undefined,
  rivalOf: () => undefined,
  lastHeard: () => undefined,
  deliver: () => undefined,
  sendOperation: () => false,
  sendPairCheck: () => false,
}
