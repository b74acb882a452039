import { type OperatorReport, REPORT_LIMITS } from '../protocol/api/operators.ts'
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
  spec?: { unschedulable?: boolean }
  status?: Conditions & { nodeInfo?: { kubeletVersion: string } }
}
export interface PodObject {
  metadata: Metadata
  spec?: { nodeName?: string }
  status?: PodStatus
}

export type NodeReport = OperatorReport['nodes'][number]
export type PodReport = OperatorReport['pods'][number]

export function nodeReport({ metadata, spec, status }: NodeObject): NodeReport {
  return {
    name: metadata.name,
    ready: isTrue(status, 'Ready'),
    kubeletVersion: status?.nodeInfo?.kubeletVersion ?? '',
    unschedulable: spec?.unschedulable === true,
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

/** The controller judges a cluster by the pods of the cluster itself: those of its users are not reported. */
export function buildReport(
  known: Pick<OperatorReport, 'kubernetesVersion' | 'dns' | 'api'>,
  nodes: Iterable<NodeReport>,
  pods: Iterable<PodReport>,
): OperatorReport {
  return {
    ...known,
    approvesServing: true,
    nodes: [...nodes].slice(0, REPORT_LIMITS.nodes),
    pods: [...pods].filter(({ namespace }) => CLUSTER_NAMESPACES.includes(namespace)).slice(0, REPORT_LIMITS.pods),
  }
}

/** For a controller of an earlier version, which refuses unknown fields. */
export function withoutDetails({ api: _, approvesServing: __, ...report }: OperatorReport): OperatorReport {
  return {
    ...report,
    nodes: report.nodes.map(({ unhealthy: _, unschedulable: __, ...node }) => node),
    pods: report.pods.map(({ why: _, leaving: __, ...pod }) => pod),
  }
}
