import type { RunEvent } from '../../protocol/wire/event.ts'
import type { Store } from '../store/port.ts'
import { DETAILS, isWithin, type Quota } from './limits.ts'

/** Counts the stored events of runs, so that one run cannot fill the disk. */
export interface RunQuotas {
  /** Before `take`: reads what these runs have, if it is not known. */
  load(runIds: readonly string[]): Promise<void>
  /** Counts one more event of the run, unless it would be too many. Work that is repeated after a conflict counts twice. */
  take(runId: string, event: RunEvent): boolean
}

/** Runs that are remembered: more than report at the same time. The ones that were not used for longest are forgotten. */
const REMEMBERED = 5_000
/** Failures and ends are stored beyond the quota, up to this multiple of it. */
const RESERVE = 1.25

export function openRunQuotas({ eventTotals }: Pick<Store, 'eventTotals'>, most: Quota): RunQuotas {
  const used = new Map<string, Quota>()
  return {
    async load(runIds) {
      for (const id of new Set(runIds)) {
        const totals = used.get(id) ?? (await eventTotals(id))
        // What was taken while the totals were read counts.
        const latest = used.get(id) ?? totals
        used.delete(id)
        used.set(id, latest)
      }
      for (const id of used.keys()) {
        if (used.size <= REMEMBERED) break
        used.delete(id)
      }
    },
    take(runId, event) {
      const { events, bytes } = used.get(runId) ?? { events: 0, bytes: 0 }
      const then = { events: events + 1, bytes: bytes + Buffer.byteLength(JSON.stringify(event)) }
      const share = DETAILS.includes(event.kind) ? 1 : RESERVE
      if (!isWithin(then, { events: most.events * share, bytes: most.bytes * share })) return false
      used.set(runId, then)
      return true
    },
  }
}
