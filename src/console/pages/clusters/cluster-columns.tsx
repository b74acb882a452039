import { Link } from 'react-router'
import type { NodeView } from '../../../protocol/api/nodes.ts'
import type { ClusterHead } from '../../data/queries.ts'
import type { Column } from '../../parts/table/column.ts'
import { StateLabel } from '../../parts/values/state-label.tsx'
import type { Waiting } from './waiting.ts'
import { WaitingText } from './waiting-text.tsx'

/** A cluster with what is counted of its nodes. */
export interface ClusterRow {
  cluster: ClusterHead
  nodes: readonly NodeView[]
  waiting: Waiting | undefined
}

const readyOf = ({ nodes }: ClusterRow) => nodes.filter(({ state }) => state === 'READY').length
const toApprove = ({ nodes }: ClusterRow) => nodes.filter(({ state }) => state === 'DISCOVERED').length

export const CLUSTER_COLUMNS: readonly Column<ClusterRow>[] = [
  {
    key: 'name',
    title: 'Name',
    text: ({ cluster }) => cluster.name,
    show: ({ cluster }) => <Link to={`/clusters/${encodeURIComponent(cluster.name)}`}>{cluster.name}</Link>,
  },
  {
    key: 'state',
    title: 'State',
    text: ({ cluster }) => cluster.state,
    show: ({ cluster }) => <StateLabel state={cluster.state} />,
  },
  {
    key: 'version',
    title: 'Kubernetes',
    text: ({ cluster }) => cluster.kubernetesVersion,
    show: ({ cluster }) => cluster.kubernetesVersion,
  },
  {
    key: 'nodes',
    title: 'Nodes ready',
    text: () => '',
    rank: ({ nodes }) => nodes.length,
    show: (row) => (
      <span className="number">
        {readyOf(row)} of {row.nodes.length}
        {toApprove(row) > 0 && `, ${toApprove(row)} to approve`}
      </span>
    ),
  },
  {
    key: 'activity',
    title: 'Waits for',
    text: ({ waiting }) => waiting?.text ?? '',
    show: ({ waiting }) => <WaitingText waiting={waiting} />,
  },
  { key: 'project', title: 'Project', text: ({ cluster }) => cluster.project, show: ({ cluster }) => cluster.project },
  {
    key: 'location',
    title: 'Location',
    text: ({ cluster }) => cluster.settings.location,
    show: ({ cluster }) => cluster.settings.location,
    isOptional: true,
  },
  {
    key: 'cni',
    title: 'Network',
    text: ({ cluster }) => cluster.settings.cni,
    show: ({ cluster }) => cluster.settings.cni,
    isOptional: true,
  },
]
