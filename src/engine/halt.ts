import type { Outcome } from './event.ts'
import { Indeterminate } from './step.ts'

export interface Failure {
  outcome: Outcome
  error: unknown
}

/** What ends a run early: the caller's signal, or the first failure in it. */
export class Halt {
  readonly signal: AbortSignal
  failure: Failure | undefined
  private readonly controller = new AbortController()

  constructor(caller: AbortSignal) {
    this.signal = AbortSignal.any([caller, this.controller.signal])
  }

  /** Whether the work came to its end. A failure stops everything else; what fails for being stopped is none. */
  async guard(work: () => Promise<unknown>): Promise<boolean> {
    try {
      await work()
      return true
    } catch (error) {
      if (this.isOwnDoing(error)) return false
      this.failure ??= { outcome: error instanceof Indeterminate ? 'indeterminate' : 'failed', error }
      this.controller.abort(new Error('another step failed'))
      return false
    }
  }

  /** A step that was told to stop and threw for it. Not knowing what happened is more than that. */
  isOwnDoing(error: unknown): boolean {
    return this.signal.aborted && !(error instanceof Indeterminate)
  }
}
