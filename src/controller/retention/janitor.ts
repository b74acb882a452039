import { setImmediate } from 'node:timers/promises'
import type { HasClock, HasStore } from '../ports.ts'
import type { Sweep } from '../store/port.ts'
import { DETAILS, isWithin, type Quota, type Retention } from './limits.ts'

/** Events that one query looks at; others are served between two queries. */
const AT_ONCE = 500
/** Of the quota, so that not every event leads to a deletion. */
const DOWN_TO = 0.9
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

export interface Janitor {
  /** Deletes events that are too old or too many. */
  tidy(): Promise<void>
}

/**
 * Keeps the events within their limits. It counts the events of each cluster once, and then only those that are new; before it deletes,
 * it counts again, because runs that end and other controllers delete events too.
 */
export function openJanitor({ store, now }: HasStore & Pick<HasClock, 'now'>, retention: Retention): Janitor {
  let counted = 0
  let used = new Map<string, Quota>()
  let agedAt = Number.NEGATIVE_INFINITY

  const count = async () => {
    for (;;) {
      const { last, sizes } = await store.eventSizes(counted, AT_ONCE)
      if (last === undefined) return
      counted = last
      for (const [cluster, size] of sizes) used.set(cluster, sum(used.get(cluster), size))
      await setImmediate()
    }
  }
  const over = () => [...used].filter(([, size]) => !isWithin(size, retention.cluster)).map(([cluster]) => cluster)
  const sweep = async (which: Omit<Sweep, 'after'>, until: (freed: Quota) => boolean) => {
    let freed: Quota = { events: 0, bytes: 0 }
    for (let after: number | undefined = 0; after !== undefined && !until(freed); ) {
      const { last, ...deleted }: Quota & { last: number | undefined } = await store.sweepEvents(
        { ...which, after },
        AT_ONCE,
      )
      freed = sum(freed, deleted)
      after = last
      if (deleted.events > 0) await store.giveBackSpace()
      await setImmediate()
    }
    return freed
  }
  const shrink = async (cluster: string) => {
    const most = { events: retention.cluster.events * DOWN_TO, bytes: retention.cluster.bytes * DOWN_TO }
    for (const kinds of [DETAILS, undefined]) {
      const size = used.get(cluster) ?? { events: 0, bytes: 0 }
      const freed = await sweep({ cluster, kinds }, (gone) => isWithin(difference(size, gone), most))
      used.set(cluster, difference(size, freed))
    }
  }
  return {
    async tidy() {
      const time = now().getTime()
      if (time - agedAt >= HOUR_MS) {
        agedAt = time
        const before = (days: number) => new Date(time - days * DAY_MS).toISOString()
        await sweep({ kinds: DETAILS, before: before(retention.detailDays) }, () => false)
        await sweep({ before: before(retention.days) }, () => false)
      }
      await count()
      if (over().length > 0) {
        used = new Map()
        counted = 0
        await count()
        for (const cluster of over()) await shrink(cluster)
      }
      await store.giveBackSpace()
    },
  }
}

const sum = (one: Quota = { events: 0, bytes: 0 }, other: Quota): Quota => ({
  events: one.events + other.events,
  bytes: one.bytes + other.bytes,
})
const difference = (one: Quota, other: Quota): Quota => ({
  events: one.events - other.events,
  bytes: one.bytes - other.bytes,
})
