import type { OperationOutcome } from '../protocol/wire/operation.ts'

export type Outcome = OperationOutcome

export const notYet = (waitingFor: string): Outcome => ({ outcome: 'not-yet', waitingFor })
