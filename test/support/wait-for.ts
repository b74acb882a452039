import { setTimeout as sleep } from 'node:timers/promises'

export interface WaitOptions {
  /** Default 30 s. */
  withinMs?: number
  everyMs?: number
  /** What else is known, for whoever reads that it did not come about. */
  tell?: () => string
  signal?: AbortSignal | undefined
}

/**
 * Looks until a look answers something other than undefined and false. Rejects after the deadline, and says what was
 * waited for.
 */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  { withinMs = 30_000, everyMs = 50, tell, signal }: WaitOptions = {},
): Promise<T> {
  const deadline = Date.now() + withinMs
  for (;;) {
    signal?.throwIfAborted()
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms in vain for ${what}${tell ? `\n${tell()}` : ''}`)
    await sleep(everyMs)
  }
}
