import { errorMessage } from '../../base/text/error-message.ts'
import type { Change } from '../domain/change.ts'
import type { HasClock, HasLog, HasStore } from '../ports.ts'

/** The last use is stored at most this often. */
const USE_MS = 60_000

/** Stores that an identity is used now, without waiting for it. `what`: for the log. */
export function noteUse(
  { store, now, log }: HasStore & Pick<HasClock, 'now'> & HasLog,
  what: string,
  lastUsedAt: string | null,
  change: (to: { lastUsedAt: string }) => Change,
): void {
  const at = now()
  if (at.getTime() - Date.parse(lastUsedAt ?? '') < USE_MS) return
  store
    .commit([change({ lastUsedAt: at.toISOString() })])
    .catch((error: unknown) => log(`the use of ${what} could not be stored: ${errorMessage(error)}`))
}
