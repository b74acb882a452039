import type { Outcome } from './event.ts'
import { Indeterminate } from './step.ts'

export interface Failure {
  outcome: Outcome
  error: unknown
}

/** Ends a run early: on the caller's signal, or on the first failure. */
export class Halt {
  readonly signal: AbortSignal
  failure: Failure | undefined
  private readonly controller = new AbortController()

  constructor(caller: AbortSignal) {
    this.signal = AbortSignal.any([caller, this.controller.signal])
  }

  /** Returns whether the work succeeded. A failure stops all other work; errors that this stop causes are not failures. */
  async guard(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      if (this.isCausedByStop(error)) return false
      this.failure ??= { outcome: error instanceof Indeterminate ? 'indeterminate' : 'failed', error }
      this.controller.abort(new Error('another step failed'))
      return false
    }
  }

  /** Whether the stop caused this error. An `Indeterminate` error is always a failure. */
  isCausedByStop(error: unknown): boolean {
    return this.signal.aborted && !(error instanceof Indeterminate)
  }
}
