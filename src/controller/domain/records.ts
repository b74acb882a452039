import type { ErrorReport } from '../../base/agent-error.ts'
import type { ClusterState } from '../../protocol/api/clusters.ts'
import type { StateEvent } from '../../protocol/api/events.ts'
import type { Problem, RunState } from '../../protocol/api/nodes.ts'
import type { OperatorReport } from '../../protocol/api/operators.ts'
import type { PairReport } from '../../protocol/api/pair-report.ts'
import type { NodeRole, NodeState } from '../../protocol/names.ts'
import type { ClusterSettings } from '../../protocol/settings/cluster-settings.ts'
import type { CheckSummary } from '../../protocol/wire/check-summary.ts'
import type { RunEvent } from '../../protocol/wire/event.ts'
import type { Facts } from '../../protocol/wire/facts.ts'
import type { Instruction } from '../../protocol/wire/instruction.ts'
import type { Target } from '../../protocol/wire/operation.ts'

export interface Cluster {
  id: string
  name: string
  /**
   * Where it stands in its life. Never DEGRADED: that is told by `problems`, and the life goes on. REPAIRING: all its nodes
   * are READY, and repairs go on.
   */
  state: Exclude<ClusterState, 'DEGRADED'> | 'REPAIRING'
  settings: ClusterSettings
  desired: 'none' | 'provision' | 'reset'
  /** Grows with each provision and reset that an administrator asks for. */
  attempt: number
  /** The last attempt that repairs: READY nodes whose last run is of an earlier one are told to look at each step again. */
  repairAttempt: number
  desiredAt: string | null
  readyAt: string | null
  /** When it was READY for the first time since it began. */
  establishedAt: string | null
  /** What is wrong with it now, since it was READY once. */
  problems: KnownProblem[]
  /** What everybody calls its API, HOST:PORT; null until its first master starts. */
  endpoint: string | null
  report: OperatorReport | null
  reportAt: string | null
  /** Nodes that have gone at once: a master takes out of it what it may still have of them. */
  gone: Target[]
  /** Of the last check between its nodes. */
  pairs: PairReport | null
  error: ErrorReport | null
  createdAt: string
}

/** A problem as it is kept: it counts once it has lasted for longer than a restart takes. */
export interface KnownProblem extends Omit<Problem, 'seenAt'> {
  /** With `code` it names the problem, whatever its message says: a node or a pod. */
  subject: string
  /** By whom it was seen: then its last look is as old as the last report. */
  seenBy: 'operator' | 'controller'
  firstSeenAt: string
  counts: boolean
}

export type Silence = 'no' | 'suspect' | 'unreachable'

/** A node that is removed: first out of its cluster, then Kubernetes off its machine. */
export type Leaving = 'no' | 'retire' | 'reset'

export interface Node {
  id: string
  clusterId: string
  name: string
  address: string
  /** Where it stands in its life. Never UNREACHABLE: that is told by `silent`, and the life goes on after it. */
  state: Exclude<NodeState, 'UNREACHABLE'>
  silent: Silence
  leaving: Leaving
  roles: NodeRole[]
  interface: string | null
  disks: string[]
  facts: Facts | null
  warnings: CheckSummary[]
  agentVersion: string
  bootId: string
  error: ErrorReport | null
  /** The cluster's attempt that its last run belongs to, or in which it was configured: it begins with a later one. */
  attempt: number
  generation: number
  upSeq: number
  downSeq: number
  createdAt: string
  approvedAt: string | null
  configuredAt: string | null
  lastSeen: string | null
}

export interface Enrolment {
  /** Of the key that the node connects with. */
  fingerprint: string
  nodeId: string
  installer: string
  /** SPKI DER, base64. */
  publicKey: string
  state: 'pending' | 'approved' | 'refused'
  certificate: string | null
  /** What the node asked for to follow; it takes the place of the present key when the node connects with it. */
  next: { fingerprint: string; publicKey: string; certificate: string } | null
  createdAt: string
}

export interface RunProgress {
  of: number
  done: number
  /** Titles of the steps that go on now, by id. */
  current: Record<string, string>
  /** Its API is up, and others may join through it. */
  letsIn?: true
  /** It asks to join, and waits for its turn. */
  awaitsAdmission?: boolean
  /** It was given what it needs to join. */
  invited?: true
  /** An earlier run was, and nothing has been taken back since. */
  mayHaveJoined?: true
}

export interface Run {
  id: string
  nodeId: string
  role: Instruction['role']
  /** Of a node that was READY, and stays so however it ends. */
  repair: boolean
  generation: number
  seq: number
  payload: string
  signature: string
  state: RunState
  acknowledged: boolean
  /** An administrator wants it to stop. */
  cancel: boolean
  progress: RunProgress
  error: ErrorReport | null
  createdAt: string
  expiresAt: string
  endedAt: string | null
}

export interface StoredEvent {
  seq: number
  at: string
  clusterId: string
  nodeId: string | null
  nodeSeq: number | null
  runId: string | null
  kind: string
  event: RunEvent | StateEvent
}

/** As it is told: whoever stores it gives it its number. */
export type NewEvent = Omit<StoredEvent, 'seq' | 'kind'>
