import type { Cluster } from '../records.ts'
import { nameOf } from '../upgrade/upgrade.ts'
import type { Found } from './found-problem.ts'

/** Ends when a person resumes or cancels the upgrade. */
export const FAILED_UPGRADE = 'upgrade/failed'

export function failedUpgrade({ upgrade }: Pick<Cluster, 'upgrade'>): Found[] {
  if (upgrade?.state !== 'failed') return []
  const [why] = upgrade.error?.message.split('\n') ?? []
  const message = `${nameOf(upgrade)} has failed${why ? `: ${why}` : ''}`
  return [{ code: FAILED_UPGRADE, subject: '', node: null, message, seenBy: 'controller' }]
}
