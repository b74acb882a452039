import type { Flow } from './flows.ts'
import type { BaseChain } from './walk.ts'

/** A flow that a chain drops, or may drop. */
export interface Obstacle {
  chain: BaseChain
  flow: Flow
  isSure: boolean
}
