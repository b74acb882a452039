import { setTimeout as sleep } from 'node:timers/promises'

export interface WaitOptions {
  /** Default 30 s. */
  withinMs?: number
  everyMs?: number
  /** More information for the error message after a timeout. */
  details?: () => string
  signal?: AbortSignal | undefined
}

/** Polls until `look` returns something other than undefined or false. After `withinMs` it rejects and names what it waited for. */
export async function waitFor<T>(
  what: string,
  look: () => Promise<T | undefined> | T | undefined,
  { withinMs = 30_000, everyMs = 50, details, signal }: WaitOptions = {},
): Promise<T> {
  const deadline = Date.now() + withinMs
  for (;;) {
    signal?.throwIfAborted()
    const found = await look()
    if (found !== undefined && found !== false) return found
    if (Date.now() > deadline)
      throw new Error(`timed out after ${withinMs} ms waiting for ${what}${details ? `\n${details()}` : ''}`)
    await sleep(everyMs)
  }
}
