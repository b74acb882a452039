import type { Beat, Shared } from '../store/shared.ts'

export interface Leases {
  update(beat: Pick<Beat, 'held' | 'elsewhere'>): void
  of(clusterId: string, afresh?: boolean): number | undefined | Promise<number | undefined>
}

/**
 * The leases as of the last heartbeat. One that was lost since then does no harm: the database refuses a commit with its number.
 */
export function openLeases(shared: Pick<Shared, 'lease'>): Leases {
  let held = new Map<string, number>()
  let elsewhere = new Set<string>()
  const ask = async (clusterId: string) => {
    const number = await shared.lease(clusterId)
    if (number === undefined) {
      held.delete(clusterId)
      elsewhere.add(clusterId)
    } else {
      held.set(clusterId, number)
      elsewhere.delete(clusterId)
    }
    return number
  }
  return {
    update(beat) {
      held = new Map(beat.held)
      elsewhere = new Set(beat.elsewhere)
    },
    of(clusterId, afresh = false) {
      if (!afresh && elsewhere.has(clusterId)) return undefined
      return (afresh ? undefined : held.get(clusterId)) ?? ask(clusterId)
    },
  }
}
