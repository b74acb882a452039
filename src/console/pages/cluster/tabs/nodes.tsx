import { Nothing } from '../../../parts/feedback/nothing.tsx'
import { CLUSTER_NODE_COLUMNS } from '../../../parts/nodes/node-columns.tsx'
import { NodesTable } from '../../../parts/nodes/nodes-table.tsx'
import type { ClusterTabProps } from '../cluster-tab.ts'

export default function Nodes({ cluster, nodes }: ClusterTabProps) {
  if (nodes.length === 0) {
    return <Nothing title="No nodes yet">Add nodes with the command of the cluster, and they are listed here.</Nothing>
  }
  return <NodesTable nodes={nodes} columns={CLUSTER_NODE_COLUMNS} projectOf={() => cluster.project} />
}
