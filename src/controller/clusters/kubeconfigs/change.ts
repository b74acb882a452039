import { clusterGone } from '../../domain/admission.ts'
import type { ClusterAccess } from '../../domain/identities/record.ts'
import type { Cluster } from '../../domain/records.ts'
import type { HasClock, HasStore, HasTurns } from '../../ports.ts'
import { changeCluster } from '../../reconcile/change-cluster.ts'

type Ports = HasStore & HasTurns & Pick<HasClock, 'now'>

/** Changes the records of the access to a cluster. Throws `cluster/gone`. */
export async function changeAccesses(
  ports: Ports,
  { id, name }: Pick<Cluster, 'id' | 'name'>,
  work: (accesses: readonly ClusterAccess[]) => ClusterAccess[],
): Promise<void> {
  const done = await changeCluster(ports, id, (draft) => draft.setCluster({ accesses: work(draft.cluster.accesses) }))
  if (!done) throw clusterGone(name)
}
