import { errorMessage } from '../../../base/text/error-message.ts'
import type { ClusterAccess } from '../../domain/identities/record.ts'
import type { Cluster } from '../../domain/records.ts'
import type { HasLog, HasPeers, HasTurns } from '../../ports.ts'
import { isOrphaned, isPast, isToUnbind, type Permits } from './access-state.ts'
import { changeAccesses } from './change.ts'
import type { Asking } from './masters.ts'
import { unbind } from './revoke.ts'

type Ports = Asking & HasTurns & HasLog & HasPeers

const AGAIN_MS = 30_000
const BY_CONTROLLER = 'controller'

/**
 * Keeps the access to the clusters that this controller decides about as the records say: revokes that of people who may not
 * have it any more, deletes the bindings of what was revoked or has expired, and forgets what is past. Call it regularly.
 */
export function openAccessKeeper(ports: Ports, permits: Permits): () => Promise<void> {
  /** By cluster: not before this time, in ms. Infinite while a master is asked. */
  const resting = new Map<string, number>()
  const withdraw = async (cluster: Cluster) => {
    resting.set(cluster.id, Number.POSITIVE_INFINITY)
    let outcome: Awaited<ReturnType<typeof unbind>> = 'failed'
    try {
      outcome = await unbind(ports, cluster)
    } catch (error) {
      ports.log(`cannot withdraw access to cluster ${cluster.name}: ${errorMessage(error)}`)
    } finally {
      if (outcome !== 'failed') resting.delete(cluster.id)
      else resting.set(cluster.id, ports.now().getTime() + AGAIN_MS)
    }
  }
  return async () => {
    const clusters = (await ports.store.clusters()).filter(({ accesses }) => accesses.length > 0)
    if (clusters.length === 0) return
    const { store } = ports
    const all = await Promise.all([store.administrators(), store.accounts(), store.apiTokens()])
    const [administrators, accounts, tokens] = all
    const people = { administrators, accounts, tokens }
    for (const cluster of clusters) {
      if ((await ports.peers.leaseOf(cluster.id)) === undefined) continue
      const now = ports.now()
      const isLost = (each: ClusterAccess) =>
        each.revokedAt === null && isOrphaned(each, cluster.project, people, permits, now)
      const revoked = { revokedAt: now.toISOString(), revokedBy: BY_CONTROLLER }
      const next = (all: readonly ClusterAccess[]) =>
        all.filter((each) => !isPast(each, now)).map((each) => (isLost(each) ? { ...each, ...revoked } : each))
      const lost = cluster.accesses.filter(isLost)
      for (const { user } of lost) ports.log(`revoked the access of ${user} to cluster ${cluster.name}`)
      if (lost.length > 0 || next(cluster.accesses).length < cluster.accesses.length)
        await changeAccesses(ports, cluster, next)
      const isDue = (resting.get(cluster.id) ?? 0) <= now.getTime()
      if (isDue && next(cluster.accesses).some((each) => isToUnbind(each, now))) void withdraw(cluster)
    }
  }
}
