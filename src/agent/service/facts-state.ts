import { addressesNow } from '../link/watch-state.ts'
import type { AgentPaths } from '../paths.ts'
import { versionOf } from '../state-file.ts'

/**
 * Changes when the facts of this machine may have changed: with its addresses, with a run or a rotation, which renew certificates,
 * and each day, because other programs renew theirs by themselves.
 */
export function factsState(
  { instructionFile, provisionedFile, nodeIdentity }: AgentPaths,
  now: Date,
  addresses: () => string = addressesNow,
): string {
  const files = [instructionFile, provisionedFile, nodeIdentity].map(versionOf)
  return [addresses(), ...files, now.toISOString().slice(0, 10)].join('\n')
}
