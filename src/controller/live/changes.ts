/** Lets a long poll wait for the next change of the store. */
export class Changes {
  #waiting = new Set<() => void>()
  /** Grows with each change: what was read at one version is valid until the next. */
  version = 0

  /** Wakes all waiting long polls after a commit. */
  announce(): void {
    this.version += 1
    const waiting = this.#waiting
    this.#waiting = new Set()
    for (const wake of waiting) wake()
  }

  /** Reads again after each change until there is an answer, the timeout, or the abort of the signal. With 0 reads once. */
  async until<T>(
    read: () => T | undefined | Promise<T | undefined>,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<T | undefined> {
    if (waitMs <= 0) return read()
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(waitMs)])
    for (;;) {
      const { version } = this
      const answer = await read()
      if (answer !== undefined || deadline.aborted) return answer
      // The answer may not include a commit that happened during the read.
      if (version === this.version) await this.#next(deadline)
    }
  }

  #next(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake)
        this.#waiting.delete(wake)
        resolve()
      }
      this.#waiting.add(wake)
      signal.addEventListener('abort', wake)
    })
  }
}
