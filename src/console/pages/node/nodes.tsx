import { PageSection } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { clustersQuery, nodesQuery } from '../../data/queries.ts'
import { Loaded } from '../../parts/feedback/loaded.tsx'
import { Nothing } from '../../parts/feedback/nothing.tsx'
import { Heading } from '../../parts/layout/heading.tsx'
import { ALL_NODE_COLUMNS } from '../../parts/nodes/node-columns.tsx'
import { NodesTable } from '../../parts/nodes/nodes-table.tsx'

/** The nodes of all clusters. */
export default function Nodes() {
  const nodes = useQuery(nodesQuery())
  const clusters = useQuery(clustersQuery)
  const projectOf = (name: string) => clusters.data?.find((each) => each.name === name)?.project
  return (
    <>
      <Heading title="Nodes" />
      <PageSection>
        <Loaded query={nodes} what="the nodes">
          {(found) =>
            found.length === 0 ? (
              <Nothing title="No nodes yet">Run the command of a cluster on a machine, and it is listed here.</Nothing>
            ) : (
              <NodesTable nodes={found} columns={ALL_NODE_COLUMNS} projectOf={projectOf} />
            )
          }
        </Loaded>
      </PageSection>
    </>
  )
}
