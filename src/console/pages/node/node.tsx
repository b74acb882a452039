import { useQuery } from '@tanstack/react-query'
import { lazy } from 'react'
import { Link, useParams } from 'react-router'
import type { NodeDetail } from '../../../protocol/api/nodes.ts'
import { clustersQuery, nodeQuery } from '../../data/queries.ts'
import { Loaded } from '../../parts/feedback/loaded.tsx'
import { Heading } from '../../parts/layout/heading.tsx'
import { type Tab, Tabs } from '../../parts/layout/tabs.tsx'
import { clusterPath } from '../../parts/nodes/node-columns.tsx'
import { Since } from '../../parts/values/since.tsx'
import { StateLabel } from '../../parts/values/state-label.tsx'
import { Time } from '../../parts/values/time.tsx'
import { NodeActions } from './node-actions.tsx'
import type { NodeTabProps } from './node-tab.ts'

const TABS: readonly Tab<NodeTabProps>[] = [
  { path: '', title: 'Overview', page: lazy(() => import('./overview.tsx')) },
  { path: 'runs', title: 'Runs', page: lazy(() => import('./runs.tsx')) },
  { path: 'log', title: 'Log', page: lazy(() => import('./log.tsx')) },
]

/** One node; its tabs have addresses of their own. */
export default function Node() {
  const { id = '' } = useParams()
  const node = useQuery(nodeQuery(id))
  return (
    <Loaded query={node} what="the node">
      {(found) => <Known node={found} />}
    </Loaded>
  )
}

function Known({ node }: { node: NodeDetail }) {
  const { id, name, cluster, state, roles, isCordoned } = node
  const clusters = useQuery(clustersQuery)
  const project = clusters.data?.find((each) => each.name === cluster)?.project ?? null
  return (
    <>
      <Heading
        title={name}
        state={
          <>
            <StateLabel state={state} /> {isCordoned && <StateLabel state="cordoned" />}
          </>
        }
        above={[
          { to: '/nodes', title: 'Nodes' },
          { to: clusterPath(cluster), title: cluster },
        ]}
        actions={<NodeActions node={node} project={project} />}
      >
        <p>
          {roles.join(' and ') || 'No role yet'} in cluster <Link to={clusterPath(cluster)}>{cluster}</Link>
          {node.address !== '' && `, ${node.address}`}
        </p>
        <p>
          <Age node={node} />
        </p>
        {node.step !== null && <p>Now: {node.step}</p>}
      </Heading>
      <Tabs label={`Of node ${name}`} base={`/nodes/${id}`} tabs={TABS} of={{ node }} />
    </>
  )
}

/** Whether what is shown is true now, or how old it is. */
function Age({ node: { state, connected, lastSeen, createdAt } }: NodeTabProps) {
  if (connected) return <>Its agent is connected: what you see is true now.</>
  if (state === 'DISCOVERED') {
    return (
      <>
        It registered <Time at={createdAt} />, and waits for somebody to approve it.
      </>
    )
  }
  if (lastSeen === null) {
    return (
      <>
        Its agent has not connected yet. It registered <Time at={createdAt} />.
      </>
    )
  }
  return (
    <>
      Its agent is not connected: what you see was true <Since from={lastSeen} to={null} /> ago, <Time at={lastSeen} />.
    </>
  )
}
