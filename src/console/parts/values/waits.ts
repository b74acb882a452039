import { oneLine } from './formats.ts'

const BY_CONTROLLER = 'the operator to check in'
/** What people call an operator is a person; this one is a program. */
export const OPERATOR = "Cantrip's pod in the cluster (the operator)"

/** What is waited for, as one line. */
export const waitText = (waitingFor: string): string =>
  oneLine(waitingFor.replace(BY_CONTROLLER, `${OPERATOR} to check in`))
