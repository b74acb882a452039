import { errorMessage } from '../../base/text/error-message.ts'
import type { Later } from '../../base/timers.ts'
import type { Store } from './port.ts'

const WITHIN_MS = 2_000

/** Why the database cannot be used; empty if it answers in time. */
export function databaseProblems(store: Pick<Store, 'lastEvent'>, later: Later): Promise<string[]> {
  return new Promise((resolve) => {
    later(WITHIN_MS, () => resolve([`the database did not answer within ${WITHIN_MS / 1_000} s`]))
    store.lastEvent().then(
      () => resolve([]),
      (error: unknown) => resolve([`the database cannot be used: ${errorMessage(error)}`]),
    )
  })
}
