import { AgentError } from '../base/agent-error.ts'

/** What is logged about a failure: the message of a known one, and the stack of a bug. */
export function failureText(error: unknown): string {
  if (error instanceof AgentError) return error.message
  return error instanceof Error ? (error.stack ?? error.message) : String(error)
}
