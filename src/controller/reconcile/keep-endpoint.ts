import type { Core } from '../core.ts'
import type { Situation } from '../domain/situation.ts'

/** What the cluster's API is called from now on. Who waits to join it by a former name is stopped, to be told anew. */
export function keepEndpoint(core: Core, { cluster, members }: Situation, endpoint: string): void {
  if (endpoint === cluster.endpoint) return
  core.store.clusters.update(cluster.id, { endpoint })
  if (cluster.endpoint === null) return
  for (const { run } of members) {
    if (run?.state === 'open' && run.role !== 'reset') core.store.runs.update(run.id, { cancel: true })
  }
}
