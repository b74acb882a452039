/** How often to try, and how long to wait between two tries, as plain data. */
export interface RetryPolicy {
  firstMs: number
  /** Each pause is the previous one times this factor. Default 1: all pauses are equal. */
  factor?: number
  longestMs?: number
  /** Each pause is multiplied by a random number in this range. Default: no randomness. */
  spread?: readonly [least: number, most: number]
  /** Without `tries` and `withinMs` the retries do not end. */
  tries?: number
  /** No further try after this time since the start of the first one. */
  withinMs?: number
}

/** Ends only with success, a permanent failure, or the signal. */
export type EndlessPolicy = RetryPolicy & { tries?: never; withinMs?: never }

/** The part of a host that retries need. */
export interface Clock {
  now(): Date
  /** Rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface RetryOptions {
  clock: Clock
  signal?: AbortSignal
  /** Returns a number in [0, 1), for a policy with `spread`. */
  random?: () => number
}

/** The pause after this number of consecutive failures, which counts from 1. */
export function pauseMs(policy: RetryPolicy, failures: number, random: () => number = () => 1): number {
  const { firstMs, factor = 1, longestMs = Number.POSITIVE_INFINITY, spread: [least, most] = [1, 1] } = policy
  return Math.min(longestMs, firstMs * factor ** (failures - 1)) * (least + (most - least) * random())
}

/**
 * Tries until an attempt resolves; attempts count from 1. Rejects with the error of the last attempt when the policy ends or
 * `mayPass` returns false, and with the reason of the signal.
 */
export async function retry<T>(
  policy: RetryPolicy,
  attempt: (number: number) => Promise<T>,
  { mayPass, ...options }: RetryOptions & { mayPass(error: unknown): boolean | Promise<boolean> },
): Promise<T> {
  let failure: unknown
  const found = await poll(
    policy,
    async (number) => {
      try {
        return { value: await attempt(number) }
      } catch (error) {
        options.signal?.throwIfAborted()
        if (!(await mayPass(error))) throw error
        failure = error
        return undefined
      }
    },
    options,
  )
  if (found === undefined) throw failure
  return found.value
}

/** Repeats `look` until it returns a value; looks count from 1. Undefined when the policy ends. */
export async function poll<T>(
  policy: EndlessPolicy,
  look: (number: number) => Promise<T | undefined>,
  options: RetryOptions,
): Promise<T>
export async function poll<T>(
  policy: RetryPolicy,
  look: (number: number) => Promise<T | undefined>,
  options: RetryOptions,
): Promise<T | undefined>
export async function poll<T>(
  policy: RetryPolicy,
  look: (number: number) => Promise<T | undefined>,
  { clock, signal, random }: RetryOptions,
): Promise<T | undefined> {
  const { tries = Number.POSITIVE_INFINITY, withinMs = Number.POSITIVE_INFINITY } = policy
  const beganMs = clock.now().getTime()
  for (let number = 1; ; number++) {
    const found = await look(number)
    if (found !== undefined) return found
    if (number >= tries || clock.now().getTime() - beganMs > withinMs) return undefined
    await clock.sleep(pauseMs(policy, number, random), signal)
  }
}
