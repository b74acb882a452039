import { AgentError, type ErrorReport } from '../base/agent-error.ts'
import { printable, printableLines } from '../base/text/printable.ts'
import { type OwnProgram, withOwnPath } from './own-commands.ts'

/** The text of an error for users: message and fix. Only a bug is printed with a stack trace. */
export function errorText(error: unknown, program?: OwnProgram): string {
  if (error instanceof AgentError) return problemText(error, program)
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `[-] A bug in the program, please report it together with this:\n${stack}\n`
}

/** The text of an error of this machine or another one, without control characters for the terminal. */
export function problemText({ code, message, fix }: ErrorReport, program?: OwnProgram): string {
  return `[-] ${printableLines(message)} (${printable(code)})\n    fix: ${printableLines(withOwnPath(fix, program))}\n`
}
