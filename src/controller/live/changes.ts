interface Waiter {
  topic: string | undefined
  wake(): void
}

/** Lets a long poll wait for the next change of the store. */
export class Changes {
  readonly #waiting = new Set<Waiter>()
  readonly #ended = new AbortController()
  /** Grows with each change: what was read at one version is valid until the next. */
  version = 0

  /**
   * Wakes waiting long polls after a commit: those for one of these topics and those for any, or all of them if no topic is
   * given. Each reads the store again, so thousands of machines that wait for their approval must not wake for each event.
   */
  announce(...topics: readonly string[]): void {
    this.version += 1
    for (const waiter of [...this.#waiting])
      if (topics.length === 0 || waiter.topic === undefined || topics.includes(waiter.topic)) waiter.wake()
  }

  /**
   * Reads again after each change of the topic, default: any, until there is an answer, the timeout, or the abort of the signal.
   * With 0 reads once.
   */
  async until<T>(
    read: () => T | undefined | Promise<T | undefined>,
    waitMs: number,
    signal: AbortSignal,
    topic?: string,
  ): Promise<T | undefined> {
    if (waitMs <= 0) return read()
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(waitMs), this.#ended.signal])
    for (;;) {
      const { version } = this
      const answer = await read()
      if (answer !== undefined || deadline.aborted) return answer
      // The answer may not include a commit that happened during the read.
      if (version === this.version) await this.#next(deadline, topic)
    }
  }

  /** Aborted by `end`. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** Every long poll ends now, as at its timeout: the controller is stopping. */
  end(): void {
    this.#ended.abort()
  }

  #next(signal: AbortSignal, topic: string | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake)
        this.#waiting.delete(waiter)
        resolve()
      }
      const waiter = { topic, wake }
      this.#waiting.add(waiter)
      signal.addEventListener('abort', wake)
    })
  }
}

/** Topics of a cluster: anything of it, and whether machines are approved. */
export const ofCluster = (clusterId: string): string => `cluster ${clusterId}`
export const ofEnrolments = (clusterId: string): string => `enrolments ${clusterId}`
