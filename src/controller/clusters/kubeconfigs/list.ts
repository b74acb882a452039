import type { AccessView } from '../../../protocol/api/identities/kubeconfigs.ts'
import type { BoundAccess } from '../../../protocol/wire/operation.ts'
import type { Cluster } from '../../domain/records.ts'
import { accessViews } from './access-state.ts'
import { type Asking, mastersIn } from './masters.ts'

/** Short, because a person waits for the answer. */
const LOOK_MS = 5_000

/** Who has access, as the controller recorded it and as a master confirms it. */
export async function listAccess(
  ports: Asking,
  cluster: Cluster,
): Promise<{ accesses: AccessView[]; asOf: string | null }> {
  const bound = await boundIn(ports, cluster)
  const now = ports.now()
  return { accesses: accessViews(cluster.accesses, bound, now), asOf: bound ? now.toISOString() : null }
}

/** The users that the cluster has bound; undefined if no master answers. */
export async function boundIn(ports: Asking, cluster: Cluster): Promise<BoundAccess[] | undefined> {
  const { connected } = await mastersIn(ports, cluster)
  const answer = (await ports.operations.ask(ports, connected, { operation: 'list-access' }, LOOK_MS))?.answer
  return answer?.outcome === 'done' ? (answer.bound ?? []) : undefined
}
