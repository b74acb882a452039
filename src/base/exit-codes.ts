/** Exit codes of both executables (a contract with scripts, see README "Exit codes"). */
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
