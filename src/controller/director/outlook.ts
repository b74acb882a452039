import type { Cluster } from '../store/records.ts'
import { firstMaster, isLost, isMaster } from './shape.ts'
import type { Member, Situation } from './situation.ts'

/** Workers fetch the same files all at once: so many at a time. */
const WORKERS_AT_ONCE = 100

/** What decisions about single nodes rest on, of the cluster as a whole. */
export interface Outlook {
  firstMasterId: string | undefined
  isLost: boolean
  /** Ids of those that can be told to begin. */
  mayStart: ReadonlySet<string>
}

export function outlookOf({ cluster, members }: Situation): Outlook {
  const startable = members.filter((member) => isStartable(member, cluster))
  const workers = startable.filter((member) => !isMaster(member))
  const busy = members.filter((member) => !isMaster(member) && member.run?.state === 'open').length
  const isWithout = isLost(members)
  // Masters begin all at once; workers where there is a master.
  const begins = [
    ...startable.filter(isMaster),
    ...(members.some(isMaster) ? workers.slice(0, Math.max(0, WORKERS_AT_ONCE - busy)) : []),
  ]
  return {
    firstMasterId: firstMaster(members)?.id,
    isLost: isWithout,
    mayStart: new Set(isWithout ? [] : begins.map(({ node }) => node.id)),
  }
}

/** It was asked for, and waits to be told. */
export function isStartable({ node, run }: Member, cluster: Cluster): boolean {
  const isDown = node.state === 'CONFIGURED' || node.state === 'FAILED'
  return isDown && node.attempt !== cluster.attempt && node.leaving === 'no' && run?.state !== 'open'
}
