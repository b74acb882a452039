import type { Remedy } from './remedy.ts'

/**
 * Whose turn it is after an error, whatever shows it: `invalid`: what was given is wrong; `refused`: it was understood and is not
 * allowed now; `unreachable`: another program does not answer; `unfit`: this machine does not pass its checks; `interrupted`: somebody
 * stopped it; `failed`: work did not succeed; `bug`: the other side says that it is at fault. The CLI makes an exit code of it, the API
 * a status.
 */
export type ErrorKind = 'invalid' | 'refused' | 'unreachable' | 'unfit' | 'interrupted' | 'failed' | 'bug'

export interface AgentErrorOptions {
  /** What a person does about it; pasteable where that is possible. */
  fix: string
  /** The same as data. */
  remedy?: Remedy | undefined
  /** Defaults to `failed`. */
  kind?: ErrorKind
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

/** What travels in events, JSON output and logs. */
export interface ErrorReport {
  code: string
  message: string
  fix: string
  /** Never in a frame between agent and controller, whose shape is released. */
  remedy?: Remedy | undefined
}

export function reportOf(error: unknown): ErrorReport {
  if (error instanceof AgentError) return { code: error.code, message: error.message, fix: error.fix }
  const message = error instanceof Error ? error.message : String(error)
  return { code: 'bug', message, fix: 'please report it, with the output of: agent logs' }
}
