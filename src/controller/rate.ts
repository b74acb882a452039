/** A token bucket: `perSecond` in the long run, `burst` at once. */
export class Rate {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #filledAtMs: number

  constructor(perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
    this.#filledAtMs = nowMs
  }

  /**
   * Takes tokens, also those of the future. Returns the milliseconds until all of them are there; 0 if there is no need to wait.
   * For a client that is slowed down, and that is paused this long.
   */
  take(nowMs: number, count = 1): number {
    this.#fill(nowMs)
    this.#tokens -= count
    return this.#tokens >= 0 ? 0 : Math.ceil((-this.#tokens * 1_000) / this.#perSecond)
  }

  /**
   * Takes the tokens only if they are there; more than a burst if the bucket is full. For a client that is refused: attempts
   * that were refused do not delay later ones.
   */
  tryTake(nowMs: number, count = 1): boolean {
    this.#fill(nowMs)
    if (this.#tokens < Math.min(count, this.#burst)) return false
    this.#tokens -= count
    return true
  }

  #fill(nowMs: number): void {
    const passedMs = Math.max(0, nowMs - this.#filledAtMs)
    this.#tokens = Math.min(this.#burst, this.#tokens + (passedMs * this.#perSecond) / 1_000)
    this.#filledAtMs = nowMs
  }
}
