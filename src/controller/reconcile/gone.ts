import type { Target } from '../../protocol/wire/operation.ts'
import { type ClusterData, type Draft, lastRunIn } from '../domain/draft.ts'
import type { Node } from '../domain/records.ts'

/** Records a node that is deleted at once, so that masters remove what the cluster may still have of it. */
export function noteGone(draft: Draft, node: Node): void {
  const gone = targetOf(draft, node)
  forgetGone(draft, ({ name, address }) => name === gone.name && address === gone.address)
  draft.setCluster({ gone: [...draft.cluster.gone, gone] })
}

export function forgetGone(draft: Draft, which: (gone: Target) => boolean): void {
  const before = draft.cluster.gone
  const after = before.filter((gone) => !which(gone))
  if (after.length < before.length) draft.setCluster({ gone: after })
}

/** Derives the part in the cluster from the runs, because the roles may have been removed. */
export function targetOf(data: Pick<ClusterData, 'runs'>, { id, name, address }: Node): Target {
  const run = lastRunIn(data, id, ({ role, repair }) => role !== 'reset' && !repair)
  return { name, address, role: run?.role === 'first-master' || run?.role === 'master' ? 'master' : 'worker' }
}
