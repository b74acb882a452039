import type { OperationAnswer } from '../protocol/wire/operation.ts'

type Without<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

/** The result of an operation, without its id. */
export type Outcome = Without<OperationAnswer, 'id'>

export const notYet = (waitingFor: string): Outcome => ({ outcome: 'not-yet', waitingFor })
