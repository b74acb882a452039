import type { Remedy } from './remedy.ts'
import { errorMessage } from './text/error-message.ts'

/**
 * The category of an error. The CLI maps it to an exit code, the API to an HTTP status.
 *
 * - `invalid`: the input is wrong
 * - `refused`: the request is understood, but not allowed now
 * - `unreachable`: another program does not answer
 * - `unfit`: this machine does not pass its checks
 * - `interrupted`: a user or a signal stopped the work
 * - `failed`: the work did not succeed
 * - `bug`: the other side reports an internal error
 */
export type ErrorKind = 'invalid' | 'refused' | 'unreachable' | 'unfit' | 'interrupted' | 'failed' | 'bug'

export interface AgentErrorOptions {
  /** How to fix it, as a command to paste if possible. */
  fix: string
  /** The fix as data. */
  remedy?: Remedy | undefined
  /** Defaults to `failed`. */
  kind?: ErrorKind
  cause?: unknown
  /** Small, secret-free values for programs. */
  facts?: Record<string, string | number | boolean>
}

/**
 * An error that a user can meet: `message` says what was found and what is needed, `fix` how to fix it. `code` is a stable
 * kebab-case name such as `credentials/world-readable`. It is printed without a stack trace; any other Error is a bug and is
 * printed with one.
 */
export class AgentError extends Error {
  readonly code: string
  readonly fix: string
  readonly remedy: Remedy | undefined
  readonly kind: ErrorKind
  readonly facts: Record<string, string | number | boolean>

  constructor(code: string, message: string, options: AgentErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'AgentError'
    this.code = code
    this.fix = options.fix
    this.remedy = options.remedy
    this.kind = options.kind ?? 'failed'
    this.facts = options.facts ?? {}
  }
}

/** What `work` returns; throws `failure` of what it throws. */
export function attempt<T>(work: () => T, failure: (cause: unknown) => AgentError): T {
  try {
    return work()
  } catch (cause) {
    throw failure(cause)
  }
}

/** The form of an error in events, JSON output and logs. */
export interface ErrorReport {
  code: string
  message: string
  fix: string
  /** Not in frames between agent and controller, whose format is released. */
  remedy?: Remedy | undefined
}

export function reportOf(error: unknown): ErrorReport {
  if (error instanceof AgentError) return { code: error.code, message: error.message, fix: error.fix }
  const message = errorMessage(error)
  return { code: 'bug', message, fix: 'please report it, with the output of: agent logs' }
}
