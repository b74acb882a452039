import { Card, CardBody, CardTitle, Stack, StackItem } from '@patternfly/react-core'
import { Link } from 'react-router'
import { ProblemAlert } from '../../../parts/feedback/problem-alert.tsx'
import { counted } from '../../../parts/values/formats.ts'
import { Since } from '../../../parts/values/since.tsx'
import { StateLabel } from '../../../parts/values/state-label.tsx'
import type { ClusterTabProps } from '../cluster-tab.ts'
import { Stages } from '../work/stages.tsx'
import { Working } from '../work/working.tsx'

/** The stages, what is wrong, and what the nodes are doing. */
export default function Overview({ cluster, nodes }: ClusterTabProps) {
  const failed = nodes.filter(({ error }) => error !== null)
  const isToldByNode = failed.some(({ error }) => error?.message === cluster.error?.message)
  const history = `/clusters/${encodeURIComponent(cluster.name)}/history`
  return (
    <Stack hasGutter>
      {cluster.error && !isToldByNode && (
        <StackItem>
          <ProblemAlert problem={cluster.error} title={`Cluster ${cluster.name} is ${cluster.state}`} />
        </StackItem>
      )}
      {failed.map(({ id, name, error }) => (
        <StackItem key={id}>
          {error && (
            <ProblemAlert problem={error} title={`Node ${name} has failed`}>
              <p>
                <Link to={`/nodes/${id}`}>Node {name}</Link>, <Link to={history}>all attempts and their logs</Link>
              </p>
            </ProblemAlert>
          )}
        </StackItem>
      ))}
      {cluster.problems.map((problem) => (
        <StackItem key={`${problem.code} ${problem.node}`}>
          <ProblemAlert
            variant="warning"
            problem={problem}
            title={problem.node === null ? undefined : `Node ${problem.node}`}
          >
            <p>
              since <Since from={problem.since} to={null} />
            </p>
          </ProblemAlert>
        </StackItem>
      ))}
      <StackItem>
        <Card>
          <CardTitle component="h2">Stages</CardTitle>
          <CardBody>
            <Stages stages={cluster.stages} />
            {cluster.state === 'READY' && (
              <p className="after">
                <Link to={history}>All operations and their stages</Link>
              </p>
            )}
          </CardBody>
        </Card>
      </StackItem>
      <StackItem>
        <Card>
          <CardTitle component="h2">Nodes</CardTitle>
          <CardBody>
            <ul className="counts">
              {[...Map.groupBy(nodes, ({ state }) => state)].map(([state, those]) => (
                <li key={state}>
                  <Link to={`nodes?q=state:${state.toLowerCase()}`} relative="path">
                    <StateLabel state={state} /> {counted(those.length, 'node')}
                  </Link>
                </li>
              ))}
              {nodes.length === 0 && <li>None yet</li>}
            </ul>
            <Working nodes={nodes} />
          </CardBody>
        </Card>
      </StackItem>
    </Stack>
  )
}
