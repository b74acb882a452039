import type { Flow } from './flows.ts'
import type { BaseChain } from './walk.ts'

/** A flow that does not get through a chain, or may not. */
export interface Obstacle {
  chain: BaseChain
  flow: Flow
  isSure: boolean
}
