import { Link } from 'react-router'
import type { NodeView } from '../../../protocol/api/nodes.ts'
import type { Column } from '../table/column.ts'
import { oneLine } from '../values/formats.ts'
import { StateLabel } from '../values/state-label.tsx'
import { Time } from '../values/time.tsx'

export const nodePath = ({ id }: Pick<NodeView, 'id'>): string => `/nodes/${id}`
export const clusterPath = (name: string): string => `/clusters/${encodeURIComponent(name)}`

/** What the node does, or what is wrong with it. */
function activityOf({ error, step, problems, ruleProblem }: NodeView): string {
  return oneLine(error?.message ?? step ?? problems[0]?.message ?? ruleProblem ?? '')
}

const cluster: Column<NodeView> = {
  key: 'cluster',
  title: 'Cluster',
  text: (node) => node.cluster,
  show: (node) => <Link to={clusterPath(node.cluster)}>{node.cluster}</Link>,
}

const columns: readonly Column<NodeView>[] = [
  {
    key: 'name',
    title: 'Name',
    text: (node) => node.name,
    show: (node) => <Link to={nodePath(node)}>{node.name}</Link>,
  },
  {
    key: 'state',
    title: 'State',
    text: (node) => `${node.state}${node.isCordoned ? ' cordoned' : ''}`,
    show: (node) => (
      <>
        <StateLabel state={node.state} /> {node.isCordoned && <StateLabel state="cordoned" />}
      </>
    ),
  },
  { key: 'role', title: 'Roles', text: (node) => node.roles.join(', '), show: (node) => node.roles.join(', ') },
  { key: 'address', title: 'Address', text: (node) => node.address, show: (node) => node.address },
  {
    key: 'activity',
    title: 'Activity',
    text: activityOf,
    show: (node) => <span className="activity">{activityOf(node)}</span>,
  },
  {
    key: 'seen',
    title: 'Last seen',
    text: () => '',
    rank: (node) => node.lastSeen ?? '',
    show: (node) => (node.connected ? 'connected' : <Time at={node.lastSeen} />),
  },
  { key: 'os', title: 'System', text: (node) => node.os, show: (node) => node.os, isOptional: true },
  {
    key: 'agent',
    title: 'Agent',
    text: (node) => node.agentVersion,
    show: (node) => node.agentVersion,
    isOptional: true,
  },
  {
    key: 'serial',
    title: 'Serial number',
    text: (node) => node.serial ?? '',
    show: (node) => node.serial,
    isOptional: true,
  },
  {
    key: 'fingerprint',
    title: 'Fingerprint',
    text: (node) => node.fingerprint,
    show: (node) => <code>{node.fingerprint}</code>,
    isOptional: true,
  },
  {
    key: 'age',
    title: 'Registered',
    text: () => '',
    rank: (node) => node.createdAt,
    show: (node) => <Time at={node.createdAt} />,
    isOptional: true,
  },
]

export const CLUSTER_NODE_COLUMNS = columns
export const ALL_NODE_COLUMNS = [...columns.slice(0, 2), cluster, ...columns.slice(2)]
