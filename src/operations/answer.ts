import type { OperationAnswer } from '../protocol/wire/operation.ts'

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

/** How an operation ended, but for its id. */
export type Outcome = Without<OperationAnswer, 'id'>

export const notYet = (waitingFor: string): Outcome => ({ outcome: 'not-yet', waitingFor })
