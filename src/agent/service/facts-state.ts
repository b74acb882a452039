import { addressesNow } from '../link/watch-state.ts'
import type { AgentPaths } from '../paths.ts'
import { versionOf } from '../state-file.ts'

/**
 * Changes when the facts of this machine may have changed: with its addresses, with a run or a rotation, with each of the
 * certificates that it reports, which other programs also renew by themselves, and each day.
 */
export function factsState(
  { instructionFile, provisionedFile, nodeIdentity }: AgentPaths,
  certificates: readonly string[],
  now: Date,
  addresses: () => string = addressesNow,
): string {
  const files = [instructionFile, provisionedFile, nodeIdentity, ...certificates].map(versionOf)
  return [addresses(), ...files, now.toISOString().slice(0, 10)].join('\n')
}

/** Caches the result until `state` changes. A failure is not cached. */
export function cachedWhile<T>(work: () => Promise<T | undefined>, state: () => string): () => Promise<T | undefined> {
  let kept: { result: Promise<T | undefined>; state: string } | undefined
  return () => {
    const now = state()
    if (kept?.state === now) return kept.result
    const result = work().then((value) => {
      if (value === undefined) kept = undefined
      return value
    })
    kept = { result, state: now }
    return result
  }
}
