import { Card, CardBody, CardTitle, PageSection } from '@patternfly/react-core'
import { useQuery } from '@tanstack/react-query'
import { Link } from 'react-router'
import { bundlesQuery, clustersQuery, nodesQuery } from '../../data/queries.ts'
import { Loaded } from '../../parts/feedback/loaded.tsx'
import { Heading } from '../../parts/layout/heading.tsx'
import { StateLabel } from '../../parts/values/state-label.tsx'
import { CreateCluster, NoClusters } from '../clusters/first-cluster.tsx'
import { attentionOf } from './attention.ts'
import { AttentionList } from './attention-list.tsx'

/** How everything is, and what needs a person. */
export default function Overview() {
  const clusters = useQuery(clustersQuery)
  const nodes = useQuery(nodesQuery())
  const bundles = useQuery(bundlesQuery)
  return (
    <>
      <Heading title="Overview" actions={<CreateCluster />} />
      <PageSection>
        <Loaded query={clusters} what="the clusters">
          {(found) =>
            found.length === 0 ? (
              <NoClusters />
            ) : (
              <Loaded query={nodes} what="the nodes">
                {(members) => (
                  <div className="tiles">
                    <Counts title="Clusters" states={found.map(({ state }) => state)} to="/clusters" />
                    <Counts title="Nodes" states={members.map(({ state }) => state)} to="/nodes" />
                    <Card className="wide">
                      <CardTitle component="h2">Needs attention</CardTitle>
                      <CardBody>
                        <AttentionList found={attentionOf(found, members, bundles.data ?? [])} />
                      </CardBody>
                    </Card>
                  </div>
                )}
              </Loaded>
            )
          }
        </Loaded>
      </PageSection>
    </>
  )
}

/** How many there are of each state; each count leads to them. */
function Counts({ title, states, to }: { title: string; states: readonly string[]; to: string }) {
  const counts = [...Map.groupBy(states, (state) => state)].sort(([, a], [, b]) => b.length - a.length)
  return (
    <Card>
      <CardTitle component="h2">
        <Link to={to}>
          {states.length} {states.length === 1 ? title.slice(0, -1).toLowerCase() : title.toLowerCase()}
        </Link>
      </CardTitle>
      <CardBody>
        {counts.length === 0 && <p>Run the command of a cluster on a machine, and it is counted here.</p>}
        <ul className="counts">
          {counts.map(([state, found]) => (
            <li key={state}>
              <Link
                to={`${to}?q=${encodeURIComponent(`state:${state.toLowerCase()}`)}`}
                aria-label={`${found.length} ${state}`}
              >
                <span className="number">{found.length}</span> <StateLabel state={state} />
              </Link>
            </li>
          ))}
        </ul>
      </CardBody>
    </Card>
  )
}
