import { AgentError } from '../base/agent-error.ts'

const COPY_AGAIN = 'copy the bundle again from its original, or build it again: controller bundle build'

/** A bundle that does not match its manifest and signature, or cannot be read. */
export function badBundle(code: string, message: string, fix = COPY_AGAIN, cause?: unknown): AgentError {
  return new AgentError(`bundle/${code}`, message, { fix, kind: 'invalid', cause })
}

export function hasCode(error: unknown, ...codes: string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code))
}
