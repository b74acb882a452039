import './cluster.css'
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import { Link, useParams } from 'react-router'
import type { NodeView } from '../../../protocol/api/nodes.ts'
import { type ClusterHead, clustersQuery, nodesQuery } from '../../data/queries.ts'
import { Loaded } from '../../parts/feedback/loaded.tsx'
import { Nothing } from '../../parts/feedback/nothing.tsx'
import { Heading } from '../../parts/layout/heading.tsx'
import { Tabs } from '../../parts/layout/tabs.tsx'
import { StateLabel } from '../../parts/values/state-label.tsx'
import { waitingOf } from '../clusters/waiting.ts'
import { WaitingText } from '../clusters/waiting-text.tsx'
import { ClusterActions } from './cluster-actions.tsx'
import { TABS } from './tabs.ts'

/** One cluster; its tabs have addresses of their own. */
export default function Cluster() {
  const { name = '' } = useParams()
  const clusters = useQuery(clustersQuery)
  return (
    <Loaded query={clusters} what={`cluster ${name}`}>
      {(found) => {
        const cluster = found.find((each) => each.name === name)
        return cluster ? <Known cluster={cluster} /> : <Unknown name={name} />
      }}
    </Loaded>
  )
}

const ABOVE = [{ to: '/clusters', title: 'Clusters' }]
const NONE: readonly NodeView[] = []

function Unknown({ name }: { name: string }) {
  return (
    <>
      <Heading title={name} above={ABOVE} />
      <Nothing title="There is no such cluster">It was deleted, or you may not see its project.</Nothing>
    </>
  )
}

function Known({ cluster }: { cluster: ClusterHead }) {
  const { name, state, kubernetesVersion, project } = cluster
  const base = `/clusters/${encodeURIComponent(name)}`
  const nodes = useQuery(nodesQuery(name))
  const found = nodes.data ?? NONE
  const own = useMemo(() => found.filter((node) => node.cluster === name), [found, name])
  const waiting = waitingOf(cluster, own)
  return (
    <>
      <Heading
        title={name}
        state={
          <Link to={`${base}/history`} title="All operations and their steps">
            <StateLabel state={state} />
          </Link>
        }
        above={ABOVE}
        actions={<ClusterActions cluster={cluster} nodes={own} />}
      >
        <p>
          Kubernetes {kubernetesVersion}, project {project}
        </p>
        {waiting && (
          <p>
            <WaitingText waiting={waiting} />
          </p>
        )}
      </Heading>
      <Tabs label={`Of cluster ${name}`} base={base} tabs={TABS} of={{ cluster, nodes: own }} />
    </>
  )
}
