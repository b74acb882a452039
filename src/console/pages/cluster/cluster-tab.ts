import type { NodeView } from '../../../protocol/api/nodes.ts'
import type { ClusterHead } from '../../data/queries.ts'

/** What each tab shows. */
export interface ClusterTabProps {
  cluster: ClusterHead
  nodes: readonly NodeView[]
}
