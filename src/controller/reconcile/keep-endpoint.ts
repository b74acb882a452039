import type { Draft } from '../domain/draft.ts'
import type { Situation } from '../domain/situation.ts'

/** What the cluster's API is called from now on. Who waits to join it by a former name is stopped, to be told anew. */
export function keepEndpoint(draft: Draft, { cluster, members }: Situation, endpoint: string): void {
  if (endpoint === cluster.endpoint) return
  draft.setCluster({ endpoint })
  if (cluster.endpoint === null) return
  for (const { run } of members) {
    if (run?.state === 'open' && run.role !== 'reset') draft.setRun(run.id, { cancel: true })
  }
}
