/** How many events are kept, and how long. Sizes are bytes of JSON. */
export interface Retention {
  /** Step details of a run beyond this are not stored: an agent that reports for ever must not fill the disk. */
  run: Quota
  /** Beyond this, the oldest step details of a cluster are deleted, then its oldest other events. */
  cluster: Quota
  /** Step details are kept so long. */
  detailDays: number
  /** Failures, results and states are kept so long. */
  days: number
}

export interface Quota {
  events: number
  bytes: number
}

export const RETENTION: Retention = {
  run: { events: 20_000, bytes: 8 * 2 ** 20 },
  cluster: { events: 500_000, bytes: 128 * 2 ** 20 },
  detailDays: 30,
  days: 365,
}

/** Step details. All other events say what went wrong, or how something ended. */
export const DETAILS = ['step-started', 'step-progress', 'step-skipped', 'step-done', 'log']

export const isWithin = (used: Quota, most: Quota) => used.events <= most.events && used.bytes <= most.bytes
