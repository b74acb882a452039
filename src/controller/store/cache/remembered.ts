/** Values by key, of at most a total size. */
export interface Remembered<T> {
  get(key: string): T | undefined
  set(key: string, value: T, size: number): void
  /** Another value of the same size, for a key that is known. */
  replace(key: string, value: T): void
  delete(key: string): void
  clear(): void
}

/** In characters. */
const LIMIT = 32 * 2 ** 20

/** Forgets first what was not read for the longest time. */
export function openRemembered<T>(limit = LIMIT): Remembered<T> {
  const known = new Map<string, { value: T; size: number }>()
  let total = 0
  const forget = (key: string) => {
    total -= known.get(key)?.size ?? 0
    known.delete(key)
  }
  return {
    get(key) {
      const found = known.get(key)
      if (!found) return undefined
      // What was read last matters when something is soon forgotten.
      if (total > limit / 2) {
        known.delete(key)
        known.set(key, found)
      }
      return found.value
    },
    replace(key, value) {
      const found = known.get(key)
      if (found) found.value = value
    },
    set(key, value, size) {
      forget(key)
      known.set(key, { value, size })
      total += size
      for (const oldest of known.keys()) {
        if (total <= limit) break
        forget(oldest)
      }
    },
    delete: forget,
    clear() {
      known.clear()
      total = 0
    },
  }
}
