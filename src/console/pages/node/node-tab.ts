import type { NodeDetail } from '../../../protocol/api/nodes.ts'

/** What each tab of a node gets. */
export interface NodeTabProps {
  node: NodeDetail
}
