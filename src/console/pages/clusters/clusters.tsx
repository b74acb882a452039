import { PageSection } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { NodeView } from '../../../protocol/api/nodes.ts'
import { type ClusterHead, clustersQuery, nodesQuery } from '../../data/queries.ts'
import { Loaded } from '../../parts/feedback/loaded.tsx'
import { Heading } from '../../parts/layout/heading.tsx'
import { DataTable } from '../../parts/table/data-table.tsx'
import { TableToolbar } from '../../parts/table/table-toolbar.tsx'
import { useTableState } from '../../parts/table/use-table-state.ts'
import { CLUSTER_COLUMNS, type ClusterRow } from './cluster-columns.tsx'
import { CreateCluster, NoClusters } from './first-cluster.tsx'
import { waitingOf } from './waiting.ts'

/** All clusters: how they are, and what each waits for. */
export default function Clusters() {
  const clusters = useQuery(clustersQuery)
  const nodes = useQuery(nodesQuery())
  return (
    <>
      <Heading title="Clusters" actions={<CreateCluster />} />
      <PageSection>
        <Loaded query={clusters} what="the clusters">
          {(found) =>
            found.length === 0 ? <NoClusters /> : <ClustersTable clusters={found} nodes={nodes.data ?? NONE} />
          }
        </Loaded>
      </PageSection>
    </>
  )
}

const NONE: readonly NodeView[] = []

function ClustersTable({ clusters, nodes }: { clusters: readonly ClusterHead[]; nodes: readonly NodeView[] }) {
  const state = useTableState('name')
  const rows = useMemo(() => rowsOf(clusters, nodes), [clusters, nodes])
  return (
    <>
      <TableToolbar columns={CLUSTER_COLUMNS} state={state} hint="Search, e.g. state:ready" />
      <DataTable
        label="Clusters"
        rows={rows}
        keyOf={({ cluster }) => cluster.id}
        columns={CLUSTER_COLUMNS}
        state={state}
      />
    </>
  )
}

function rowsOf(clusters: readonly ClusterHead[], nodes: readonly NodeView[]): ClusterRow[] {
  const byCluster = Map.groupBy(nodes, ({ cluster }) => cluster)
  return clusters.map((cluster) => {
    const own = byCluster.get(cluster.name) ?? []
    return { cluster, nodes: own, waiting: waitingOf(cluster, own) }
  })
}
