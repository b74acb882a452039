import type { ErrorReport } from '../../../base/agent-error.ts'

/** An update of the agents of a cluster, until it is cancelled or another one begins. */
export interface AgentUpdate {
  version: string
  /** The executables of the release, by architecture. */
  files: Partial<Record<'x64' | 'arm64', { sha256: string; size: number }>>
  /** So many nodes are updated first. */
  canary: number
  /** So many at the same time afterwards. */
  maxUnavailable: number
  /** Begins no further node. */
  paused: boolean
  /** Grows with each resumption: nodes try the same executable again only in a new attempt. */
  attempt: number
  startedAt: string
  startedBy: string
  /** Only another update can follow. Absent in records of earlier versions. */
  cancelled?: boolean
  nodes: NodeUpdate[]
}

export interface NodeUpdate {
  nodeId: string
  /** `passed`: its agent cannot update itself, it is no longer in the cluster, or the update was cancelled. */
  state: 'due' | 'updating' | 'done' | 'failed' | 'passed'
  error: ErrorReport | null
  /** When it became `updating`. Absent in records of earlier versions. */
  begunAt?: string
}
