import { AgentError } from '../errors/agent-error.ts'
import { ExitCode } from '../errors/exit-codes.ts'

/** What a person reads about a failure: found, wanted and the fix; a stack only for what is a bug of ours. */
export function errorText(error: unknown): string {
  if (error instanceof AgentError) return `[-] ${error.message} (${error.code})\n    fix: ${error.fix}\n`
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return `[-] A bug in the program, please report it together with this:\n${stack}\n`
}

export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof AgentError ? error.exitCode : ExitCode.bug
}
