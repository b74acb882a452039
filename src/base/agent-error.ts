import { ExitCode } from './exit-codes.ts'

export interface AgentErrorOptions {
  /** What a person does about it; pasteable where that is possible. */
  fix: string
  /** Defaults to stepFailed. */
  exitCode?: ExitCode
  cause?: unknown
  /** Small, secret-free values for programs. */
  facts?: Record<string, string | number | boolean>
}

/**
 * An error that a user can meet: `message` says what was found and what was wanted, `fix` how to mend it.
 * `code` is a stable kebab-case name such as `credentials/world-readable`. It prints without a stack;
 * any other Error is a bug and prints one.
 */
export class AgentError extends Error {
  readonly code: string
  readonly fix: string
  readonly exitCode: ExitCode
  readonly facts: Record<string, string | number | boolean>

  constructor(code: string, message: string, options: AgentErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AgentError'
    this.code = code
    this.fix = options.fix
    this.exitCode = options.exitCode ?? ExitCode.stepFailed
    this.facts = options.facts ?? {}
  }
}

/** What travels in events, JSON output and logs. */
export interface ErrorReport {
  code: string
  message: string
  fix: string
}

export function reportOf(error: unknown): ErrorReport {
  if (error instanceof AgentError) return { code: error.code, message: error.message, fix: error.fix }
  const message = error instanceof Error ? error.message : String(error)
  return { code: 'bug', message, fix: 'please report it, with the output of: agent logs' }
}
