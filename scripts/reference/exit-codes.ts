/** Generates the reference of exit codes. */
import { ExitCode } from '../../src/cli/kit/exit-codes.ts'
import { code, page, table } from './markdown.ts'

const MEANING: Record<keyof typeof ExitCode, string> = {
  ok: 'Done.',
  bug: 'A bug. The command prints a stack trace: report it with the output of `agent support-bundle`.',
  usage: 'Wrong usage, or an input file that cannot be used. Nothing was changed.',
  checkFailed: 'A hard precheck failed. Nothing was changed.',
  stepFailed: 'A step failed; `agent status` found no running agent; or standard output could not be written.',
  undoIncomplete: 'Something could not be undone; the command names it. Fix it, and run the command again.',
  controllerUnreachable:
    'The controller cannot be reached, or something that it needs does not answer now: its database, or the masters of a cluster.',
  refused: 'The controller or a safety rule refused.',
  interrupted:
    'Interrupted (Ctrl-C). The command stopped at a safe point; run it again to continue. At a prompt, nothing was changed.',
}

export function exitCodesPage(): string {
  const rows = Object.entries(ExitCode).map(([name, number]) => [
    code(String(number)),
    MEANING[name as keyof typeof ExitCode],
  ])
  return page('Exit codes', '`agent` and `controller` use the same exit codes.', table(['Code', 'Meaning'], rows))
}
