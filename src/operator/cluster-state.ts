import type { OperatorReport } from '../protocol/rest.ts'

interface Metadata {
  name: string
  namespace?: string
  uid: string
  resourceVersion?: string
}
interface Conditions {
  conditions?: { type: string; status: string }[]
}
export interface NodeObject {
  metadata: Metadata
  status?: Conditions & { nodeInfo?: { kubeletVersion: string } }
}
export interface PodObject {
  metadata: Metadata
  spec?: { nodeName?: string }
  status?: Conditions & { phase?: string; containerStatuses?: { restartCount: number }[] }
}

export type NodeReport = OperatorReport['nodes'][number]
export type PodReport = OperatorReport['pods'][number]

export function nodeReport({ metadata, status }: NodeObject): NodeReport {
  return { name: metadata.name, ready: isReady(status), kubeletVersion: status?.nodeInfo?.kubeletVersion ?? '' }
}

export function podReport({ metadata, spec, status }: PodObject): PodReport {
  const phase = status?.phase ?? 'Pending'
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    node: spec?.nodeName ?? '',
    // A pod that ran to its end is where it was meant to be.
    ready: phase === 'Succeeded' || isReady(status),
    phase,
    restarts: (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0),
  }
}

function isReady(status: Conditions | undefined): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True') === true
}

/** The most that a report may hold. */
const LIMITS = { nodes: 5_000, pods: 20_000 }

export function buildReport(
  kubernetesVersion: string,
  nodes: Iterable<NodeReport>,
  pods: Iterable<PodReport>,
  dns: boolean,
): OperatorReport {
  return {
    kubernetesVersion,
    nodes: [...nodes].slice(0, LIMITS.nodes),
    pods: [...pods].slice(0, LIMITS.pods),
    dns,
  }
}
