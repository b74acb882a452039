import type * as z from 'zod/mini'
import type { ApiError } from '../../../protocol/api/access.ts'
import type { BundleView } from '../../../protocol/api/bundles.ts'
import type { NodeView, Problem } from '../../../protocol/api/nodes.ts'
import { compareVersions } from '../../../protocol/kubernetes-version.ts'
import type { ClusterHead } from '../../data/queries.ts'

/** Something that a person has to look at, and the page where it is mended. */
export interface Attention {
  /** The same for the same cause, so that the list does not jump. */
  key: string
  severity: 'danger' | 'warning' | 'info'
  text: string
  to: string
  since?: string
}

type Told = Pick<z.infer<typeof ApiError>, 'message'> | null
type Cluster = Pick<ClusterHead, 'name' | 'state' | 'unknownSince' | 'kubernetesVersion'> & {
  error: Told
  problems: readonly Pick<Problem, 'code' | 'node' | 'message' | 'since'>[]
}
type Node = Pick<NodeView, 'id' | 'name' | 'cluster' | 'state' | 'lastSeen'> & { error: Told }

const SEVERITIES = ['danger', 'warning', 'info'] as const
/** Of one kind, one line each; more are one line together. */
const MOST_LINES = 5

/** What needs attention: failures first, then what is degraded or silent, then approvals and old versions. */
export function attentionOf(
  clusters: readonly Cluster[],
  nodes: readonly Node[],
  bundles: readonly Pick<BundleView, 'kubernetesVersion'>[],
): Attention[] {
  const newest = bundles
    .map(({ kubernetesVersion }) => kubernetesVersion)
    .sort(compareVersions)
    .at(-1)
  const all = [
    ...clusters.flatMap((cluster) => ofCluster(cluster, newest)),
    ...failedNodes(nodes),
    ...silentNodes(nodes),
    ...approvals(nodes),
  ]
  return all.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
}

function ofCluster(cluster: Cluster, newest: string | undefined): Attention[] {
  const { name, state, error, problems, unknownSince, kubernetesVersion } = cluster
  const to = `/clusters/${encodeURIComponent(name)}`
  const found: Attention[] = problems.map(({ code, node, message, since }) => ({
    key: `${name} ${code} ${node ?? ''}`,
    severity: 'warning',
    text: `${name}: ${node === null ? '' : `${node}: `}${message}`,
    to: `${to}/health`,
    since,
  }))
  if (error)
    found.push({ key: `${name} error`, severity: 'danger', text: `${name}: ${error.message}`, to: `${to}/stages` })
  if (state === 'UNKNOWN') {
    const since = unknownSince === null ? {} : { since: unknownSince }
    found.push({
      key: `${name} unknown`,
      severity: 'warning',
      text: `${name}: nobody reports how it is`,
      to: `${to}/health`,
      ...since,
    })
  }
  if (newest !== undefined && state !== 'NEW' && compareVersions(kubernetesVersion, newest) < 0) {
    const text = `${name}: Kubernetes ${kubernetesVersion}; there is a bundle of ${newest}`
    found.push({ key: `${name} version`, severity: 'info', text, to: `${to}/upgrade` })
  }
  return found
}

function failedNodes(nodes: readonly Node[]): Attention[] {
  const failed = nodes.filter(({ state, error }) => state === 'FAILED' || error !== null)
  return together(
    failed,
    'danger',
    'failed',
    'state:failed',
    ({ name, cluster, error }) => `${name} in ${cluster}: ${error?.message ?? 'failed'}`,
  )
}

function silentNodes(nodes: readonly Node[]): Attention[] {
  const silent = nodes.filter(({ state }) => state === 'UNREACHABLE' || state === 'UNKNOWN')
  return together(
    silent,
    'warning',
    'silent',
    'state:un',
    ({ name, cluster }) => `${name} in ${cluster}: the node does not answer`,
  )
}

/** One line a node, or one for all of them. */
function together(
  nodes: readonly Node[],
  severity: Attention['severity'],
  word: string,
  words: string,
  textOf: (node: Node) => string,
): Attention[] {
  if (nodes.length > MOST_LINES) {
    return [
      { key: word, severity, text: `${nodes.length} nodes are ${word}`, to: `/nodes?q=${encodeURIComponent(words)}` },
    ]
  }
  return nodes.map((node) => ({
    ...{ key: `${word} ${node.id}`, severity, text: textOf(node), to: `/nodes/${node.id}` },
    ...(word === 'silent' && node.lastSeen !== null && { since: node.lastSeen }),
  }))
}

function approvals(nodes: readonly Node[]): Attention[] {
  const waiting = Map.groupBy(
    nodes.filter(({ state }) => state === 'DISCOVERED'),
    ({ cluster }) => cluster,
  )
  return [...waiting].map(([cluster, found]) => ({
    key: `${cluster} approvals`,
    severity: 'info',
    text: `${cluster}: ${found.length === 1 ? `node ${found[0]?.name} waits` : `${found.length} nodes wait`} for approval`,
    to: `/clusters/${encodeURIComponent(cluster)}/nodes?q=${encodeURIComponent('state:discovered')}`,
  }))
}
