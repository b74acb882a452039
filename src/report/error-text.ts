import { AgentError, type ErrorReport } from '../base/agent-error.ts'
import { printable, printableLines } from '../base/text/printable.ts'
import { type OwnProgram, withOwnPath } from './own-commands.ts'

/** What a person reads about a failure: found, wanted and the fix; a stack only for what is a bug of ours. */
export function errorText(error: unknown, program?: OwnProgram): string {
  if (error instanceof AgentError) return problemText(error, program)
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `[-] A bug in the program, please report it together with this:\n${stack}\n`
}

/** Of this machine or of another one, whose words command no terminal. */
export function problemText({ code, message, fix }: ErrorReport, program?: OwnProgram): string {
  return `[-] ${printableLines(message)} (${printable(code)})\n    fix: ${printableLines(withOwnPath(fix, program))}\n`
}
