import type * as z from 'zod/mini'
import type { ApiError } from '../../../protocol/api/access.ts'
import type { BundleView } from '../../../protocol/api/bundles.ts'
import type { NodeView, Problem } from '../../../protocol/api/nodes.ts'
import { compareVersions } from '../../../protocol/kubernetes-version.ts'
import type { ClusterHead } from '../../data/queries.ts'
import { oneLine } from '../../parts/values/formats.ts'

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
type Node = Pick<NodeView, 'id' | 'name' | 'cluster' | 'state' | 'roles' | 'lastSeen'> & { error: Told }

const SEVERITIES = ['danger', 'warning', 'info'] as const
/** Of one kind, one line each; more are one line together. */
const MOST_LINES = 5

/** What needs attention: failures first, then what is degraded or silent, then what waits for a person, and old versions. */
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
    ...nextSteps(clusters, nodes),
  ]
  const lines = all.map((each) => ({ ...each, text: oneLine(each.text) }))
  return lines.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
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
  if (error) found.push({ key: `${name} error`, severity: 'danger', text: `${name}: ${error.message}`, to })
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

/** What a person does next: approves nodes, configures them, provisions their cluster. */
function nextSteps(clusters: readonly Cluster[], nodes: readonly Node[]): Attention[] {
  const members = Map.groupBy(nodes, ({ cluster }) => cluster)
  const configured = ({ state }: Node) => state === 'CONFIGURED'
  return [
    ...[...members].flatMap(([cluster, found]) => linesOf('for approval', 'DISCOVERED', cluster, found)),
    ...[...members].flatMap(([cluster, found]) => linesOf('to be configured', 'APPROVED', cluster, found)),
    ...clusters
      .filter(({ name, state }) => state === 'NEW' && members.get(name)?.some(configured))
      .map(({ name }) => ({
        key: `${name} provision`,
        severity: 'info' as const,
        text: `${name}: waits to be provisioned`,
        to: `/clusters/${encodeURIComponent(name)}`,
      })),
  ]
}

/** One line for all nodes of a cluster that are in a state; those that have roles wait for something else than roles. */
function linesOf(what: string, state: Node['state'], cluster: string, nodes: readonly Node[]): Attention[] {
  const waiting = nodes.filter((node) => node.state === state && (state !== 'APPROVED' || node.roles.length === 0))
  const [first] = waiting
  if (first === undefined) return []
  const who = waiting.length === 1 ? `node ${first.name} waits` : `${waiting.length} nodes wait`
  return [
    {
      key: `${cluster} ${state}`,
      severity: 'info',
      text: `${cluster}: ${who} ${what}`,
      to: `/clusters/${encodeURIComponent(cluster)}/nodes?q=${encodeURIComponent(`state:${state.toLowerCase()}`)}`,
    },
  ]
}
