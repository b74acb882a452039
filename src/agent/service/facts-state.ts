import { addressesNow } from '../link/watch-state.ts'
import type { AgentPaths } from '../paths.ts'
import { versionOf } from '../state-file.ts'

/**
 * Changes when the facts of this machine may have changed: with its addresses, with a run or a rotation, which renew certificates,
 * and each day, because other programs renew theirs by themselves.
 */
export function factsState(
  { provisionedFile, nodeIdentity }: Pick<AgentPaths, 'provisionedFile' | 'nodeIdentity'>,
  now: Date,
): string {
  return [addressesNow(), versionOf(provisionedFile), versionOf(nodeIdentity), now.toISOString().slice(0, 10)].join(
    '\n',
  )
}
