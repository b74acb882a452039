import { AgentError, type ErrorKind } from '../../base/agent-error.ts'

/** Exit codes of both executables. Scripts rely on them: docs/reference/exit-codes.md. */
export const ExitCode = {
  ok: 0,
  bug: 1,
  usage: 2,
  checkFailed: 3,
  stepFailed: 4,
  undoIncomplete: 5,
  controllerUnreachable: 6,
  refused: 7,
  interrupted: 130,
} as const

export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode]

const OF_KIND: Record<ErrorKind, ExitCode> = {
  bug: ExitCode.bug,
  invalid: ExitCode.usage,
  unfit: ExitCode.checkFailed,
  failed: ExitCode.stepFailed,
  unreachable: ExitCode.controllerUnreachable,
  refused: ExitCode.refused,
  interrupted: ExitCode.interrupted,
}

/** Any error other than an AgentError is a bug. */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof AgentError ? OF_KIND[error.kind] : ExitCode.bug
}
