/** How often something is tried, and how long to wait between two tries: plain data. */
export interface RetryPolicy {
  firstMs: number
  /** Each pause is this many times the one before. Default 1: all are alike. */
  factor?: number
  longestMs?: number
  /** A pause is multiplied by a random number between these two. Default: it is exact. */
  spread?: readonly [least: number, most: number]
  /** Without `tries` and `withinMs` there is no end. */
  tries?: number
  /** No further try once this has passed since the first one began. */
  withinMs?: number
}

/** Only success, a failure that does not pass, and the signal end it. */
export type EndlessPolicy = RetryPolicy & { tries?: never; withinMs?: never }

/** The part of a host that waits. */
export interface Clock {
  now(): Date
  /** Rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export interface RetryOptions {
  clock: Clock
  signal?: AbortSignal
  /** In [0, 1), for a policy with `spread`. */
  random?: () => number
}

/** How long to wait after so many failures in a row, from 1 on. */
export function pauseMs(policy: RetryPolicy, failures: number, random: () => number = () => 1): number {
  const { firstMs, factor = 1, longestMs = Number.POSITIVE_INFINITY, spread: [least, most] = [1, 1] } = policy
  return Math.min(longestMs, firstMs * factor ** (failures - 1)) * (least + (most - least) * random())
}

/**
 * Tries until an attempt (they count from 1) resolves. Rejects with the error of the last attempt where the policy ends
 * or `mayPass` answers false, and with the signal's reason.
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

/** Looks until a look (they count from 1) answers something other than undefined; undefined where the policy ends. */
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
