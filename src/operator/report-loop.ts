import { pauseMs } from '../base/retry.ts'
import { errorMessage } from '../base/text/error-message.ts'
import { POLICY, sleep } from './pause.ts'

export interface ReportLoopOptions {
  /** Throws if no controller accepted the report. */
  send(): Promise<void>
  log(message: string): void
  random(): number
  signal: AbortSignal
  /** Changes within this time become one report. Default 500. */
  debounceMs?: number
  /** Default 30 000. */
  everyMs?: number
}

/** Sends a report at each change, and at least every 30 s. After a failure it retries with growing pauses. */
export class ReportLoop {
  readonly #options: ReportLoopOptions
  #changed = false
  #wake: () => void = () => undefined

  constructor(options: ReportLoopOptions) {
    this.#options = options
  }

  changed(): void {
    this.#changed = true
    this.#wake()
  }

  async run(): Promise<void> {
    const { send, log, random, signal, debounceMs = 500, everyMs = 30_000 } = this.#options
    let failures = 0
    while (true) {
      // While the controller does not answer, a change does not shorten the pause.
      if (failures > 0) await sleep(pauseMs(POLICY, failures, random), signal)
      else await this.#changeOr(everyMs)
      if (signal.aborted) return
      this.#changed = false
      try {
        await send()
        if (failures > 0) log('the controller accepts reports again')
        failures = 0
      } catch (error) {
        if (signal.aborted) return
        if (failures === 0) log(`cannot send the report: ${errorMessage(error)}`)
        failures += 1
      }
      await sleep(debounceMs, signal)
    }
  }

  async #changeOr(ms: number): Promise<void> {
    if (this.#changed || this.#options.signal.aborted) return
    const woken = new AbortController()
    this.#wake = () => woken.abort()
    await sleep(ms, AbortSignal.any([woken.signal, this.#options.signal]))
    this.#wake = () => undefined
  }
}
