import type { OperatorReport } from '../protocol/api/operators.ts'
import { CLUSTER_NAMESPACES } from '../protocol/cluster-namespaces.ts'
import { type Conditions, isTrue, type PodStatus, unhealthyConditions, whyNotReady } from './conditions.ts'

interface Metadata {
  name: string
  namespace?: string
  uid: string
  resourceVersion?: string
  deletionTimestamp?: string
}
export interface NodeObject {
  metadata: Metadata
  status?: Conditions & { nodeInfo?: { kubeletVersion: string } }
}
export interface PodObject {
  metadata: Metadata
  spec?: { nodeName?: string }
  status?: PodStatus
}

export type NodeReport = OperatorReport['nodes'][number]
export type PodReport = OperatorReport['pods'][number]

export function nodeReport({ metadata, status }: NodeObject): NodeReport {
  return {
    name: metadata.name,
    ready: isTrue(status, 'Ready'),
    kubeletVersion: status?.nodeInfo?.kubeletVersion ?? '',
    unhealthy: unhealthyConditions(status),
  }
}

export function podReport({ metadata, spec, status }: PodObject): PodReport {
  const phase = status?.phase ?? 'Pending'
  const namespace = metadata.namespace ?? ''
  // A completed pod has no problem.
  const ready = phase === 'Succeeded' || isTrue(status, 'Ready')
  const why = ready || !CLUSTER_NAMESPACES.includes(namespace) ? undefined : whyNotReady(status)
  return {
    namespace,
    name: metadata.name,
    node: spec?.nodeName ?? '',
    ready,
    phase,
    restarts: (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0),
    ...(why && { why }),
    ...(metadata.deletionTimestamp !== undefined && { leaving: true }),
  }
}

/** The maximum numbers in a report. */
const LIMITS = { nodes: 5_000, pods: 20_000 }

/** Pods of the cluster itself come first, so that the limit only cuts other pods. */
export function buildReport(
  known: Pick<OperatorReport, 'kubernetesVersion' | 'dns' | 'api'>,
  nodes: Iterable<NodeReport>,
  pods: Iterable<PodReport>,
): OperatorReport {
  const all = [...pods]
  const isOwn = ({ namespace }: PodReport) => CLUSTER_NAMESPACES.includes(namespace)
  return {
    ...known,
    approvesServing: true,
    nodes: [...nodes].slice(0, LIMITS.nodes),
    pods: [...all.filter(isOwn), ...all.filter((pod) => !isOwn(pod))].slice(0, LIMITS.pods),
  }
}

/** For a controller of an earlier version, which refuses unknown fields. */
export function withoutDetails({ api: _, approvesServing: __, ...report }: OperatorReport): OperatorReport {
  return {
    ...report,
    nodes: report.nodes.map(({ unhealthy: _, ...node }) => node),
    pods: report.pods.map(({ why: _, leaving: __, ...pod }) => pod),
  }
}
