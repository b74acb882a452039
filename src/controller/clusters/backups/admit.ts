import { refusalFor } from '../../domain/admission.ts'
import type { Cluster } from '../../domain/records.ts'
import { upgradeActive } from '../../domain/upgrade/active.ts'

/** Throws while the cluster is being upgraded: both stop the masters, and the data is of one version of Kubernetes. */
export function admitRestore(cluster: Pick<Cluster, 'name' | 'upgrade'>): void {
  const problem = upgradeActive(cluster)
  if (problem) throw refusalFor(problem)
}
