import type { Draft } from '../domain/draft.ts'
import type { Situation } from '../domain/situation.ts'

/** Sets the API endpoint of the cluster. If it changes, open runs are cancelled, because they use the former endpoint. */
export function keepEndpoint(draft: Draft, { cluster, members }: Situation, endpoint: string): void {
  if (endpoint === cluster.endpoint) return
  draft.setCluster({ endpoint })
  if (cluster.endpoint === null) return
  for (const { run } of members) {
    if (run?.state === 'open' && run.role !== 'reset') draft.setRun(run.id, { cancel: true })
  }
}
