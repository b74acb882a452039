import type { ErrorReport } from '../../base/agent-error.ts'
import type { ClusterState } from '../../protocol/api/clusters.ts'
import type { StateEvent } from '../../protocol/api/events.ts'
import type { Problem, RunState } from '../../protocol/api/nodes.ts'
import type { OperatorReport } from '../../protocol/api/operators.ts'
import type { PairReport } from '../../protocol/api/pair-report.ts'
import type { AuditContent } from '../../protocol/audit/entry.ts'
import type { NodeRules } from '../../protocol/declaration/declaration.ts'
import type { Machine } from '../../protocol/declaration/machine.ts'
import type { NodeRole, NodeState } from '../../protocol/names.ts'
import type { ClusterSettings } from '../../protocol/settings/cluster-settings.ts'
import type { CheckSummary } from '../../protocol/wire/check-summary.ts'
import type { RunEvent } from '../../protocol/wire/event.ts'
import type { Facts } from '../../protocol/wire/facts.ts'
import type { Instruction, NodeTask } from '../../protocol/wire/instruction.ts'
import type { ListedImage } from '../../protocol/wire/lists/images.ts'
import type { EtcdHealth, Target } from '../../protocol/wire/operation.ts'
import type { AgentUpdate } from './agent-update/record.ts'
import type { ClusterAccess, CredentialSet } from './identities/record.ts'
import type { Rejoin } from './rejoin/record.ts'
import type { Upgrade } from './upgrade/record.ts'

export interface Cluster {
  id: string
  name: string
  /** Roles of people and programs can be limited to a project. */
  project: string
  /**
   * The state in its lifecycle. Never DEGRADED, which results from `problems`. REPAIRING: all nodes are READY, and repairs are
   * running.
   */
  state: Exclude<ClusterState, 'DEGRADED'> | 'REPAIRING'
  settings: ClusterSettings
  desired: 'none' | 'provision' | 'reset'
  /** Grows with each provision and reset that an administrator requests. */
  attempt: number
  /** The last attempt with repairs: READY nodes whose last run is of an earlier attempt are repaired. */
  repairAttempt: number
  desiredAt: string | null
  readyAt: string | null
  /** When it was READY for the first time since it was provisioned. */
  establishedAt: string | null
  /** Its current problems; empty until it was READY once. */
  problems: KnownProblem[]
  /** The API endpoint, HOST:PORT; null until its first master starts. */
  endpoint: string | null
  report: OperatorReport | null
  reportAt: string | null
  /** Since when its state is UNKNOWN in events: the time of the last report. Null while it is known. */
  unknownSince: string | null
  /** What a master said last of the members of etcd. */
  etcd: EtcdLook | null
  /** Nodes that were deleted at once: a master removes what Kubernetes and etcd may still have of them. */
  gone: Target[]
  /** How nodes are approved, configured and provisioned without a person; null: only by hand. */
  rules: NodeRules | null
  /** The last pair check. */
  pairs: PairReport | null
  /** The last upgrade, also one that has ended; null: there was none. */
  upgrade: Upgrade | null
  /** Every set that was issued, also those that are revoked or expired; the oldest first. */
  credentials: CredentialSet[]
  /** Kubeconfigs that were issued, until they have expired. */
  accesses: ClusterAccess[]
  /** Images that people added, by name. */
  images: ClusterImage[]
  /** The last update of the agents of its nodes. */
  agentUpdate: AgentUpdate | null
  /** From when the newest certificate of its operator is valid; null: none was issued, or an earlier build did not record it. */
  operatorSince: string | null
  error: ErrorReport | null
  createdAt: string
}

/** An image that people added to a cluster. The controllers have its archives. */
export interface ClusterImage extends ListedImage {
  /** Name of the person or program. */
  addedBy: string
}

/** The members of etcd, as a master saw them. */
export interface EtcdLook {
  /** When the master answered. */
  at: string
  members: EtcdHealth[]
  /** The master whose etcd did not answer, so that the members are not known. */
  silentOn: string | null
}

/** A problem as it is stored. It `counts` when it has lasted longer than a restart takes. */
export interface KnownProblem extends Omit<Problem, 'seenAt'> {
  /** A node or a pod. Together with `code` it identifies the problem; the message may change. */
  subject: string
  /** Who observed it. A problem that the operator observed was last seen at the time of its last report. */
  seenBy: 'operator' | 'controller' | 'agent'
  firstSeenAt: string
  counts: boolean
}

/** A misuse of a node's identity. */
export interface Alarm extends ErrorReport {
  since: string
  /** When it was last recorded. */
  at: string
}

export type Silence = 'no' | 'suspect' | 'unreachable'

/**
 * Whether the rules of the cluster decide about the node: `open`: they may configure it; `followed`: they have, and do again if they
 * change before it is provisioned; `held`: it was reset, and waits for a person.
 */
export type Ruling = 'open' | 'followed' | 'held'

/** The phases of a removal: `retire` removes the node from its cluster, `reset` removes Kubernetes from its machine. */
export type Leaving = 'no' | 'retire' | 'reset'

/** A node's part in the cluster, and how far it has become part of it. Repairs do not change it, and neither do upgrades. */
export interface Place {
  task: NodeTask
  /** `told`: it has the instruction. `admitted`: a master has, or may have, let it in. `done`: it is part of the cluster. */
  reached: 'told' | 'admitted' | 'done'
  /** When it became part of it; absent before, and in records of earlier builds. */
  since?: string
}

export interface Node {
  id: string
  clusterId: string
  name: string
  address: string
  /** The state in its lifecycle. Never UNREACHABLE, which results from `silent`. */
  state: Exclude<NodeState, 'UNREACHABLE'>
  silent: Silence
  leaving: Leaving
  /** Null in a record of an earlier build: see placeOf. */
  place: Place | 'none' | null
  /** A master that still has the data of etcd from before a recovery or a restore. */
  rejoin: Rejoin | null
  roles: NodeRole[]
  interface: string | null
  disks: string[]
  /** Labels of Kubernetes for it alone, beside those of its cluster. */
  labels: Record<string, string>
  /** They changed since its last instruction. */
  labelsDue: boolean
  facts: Facts | null
  /** What it said about its machine when it enrolled, before it could report facts. */
  machine: Machine | null
  ruling: Ruling
  warnings: CheckSummary[]
  agentVersion: string
  bootId: string
  error: ErrorReport | null
  /** At most one for each code. */
  alarms: Alarm[]
  /** Fingerprints of keys of its operator: the present one, and the one that was requested last. */
  operatorKeys: string[]
  /** The cluster's attempt of its last run, or in which it was configured. It takes part in later attempts. */
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
  /** Fingerprint of the key with which the node connects. */
  fingerprint: string
  nodeId: string
  installer: string
  /** SPKI DER, base64. */
  publicKey: string
  state: 'pending' | 'approved' | 'refused'
  certificate: string | null
  /** The renewed certificate; it replaces the current key when the node connects with it. */
  next: { fingerprint: string; publicKey: string; certificate: string } | null
  createdAt: string
}

export interface RunProgress {
  of: number
  done: number
  /** Titles of the running steps, by id. */
  current: Record<string, string>
  /** Its API is up, and nodes can join through it. The name is in stored records. */
  letsIn?: true
  /** Its member of etcd has a vote: the next master can join. */
  hasVote?: true
  /** It has replaced the data of its etcd: the other masters have yet to join that. */
  replacedData?: true
  /** It waits for its turn to join. */
  awaitsAdmission?: boolean
  /** It has got its invitation. */
  invited?: true
  /** An earlier run was invited, and was not undone since. */
  mayHaveJoined?: true
  /** The machine was reset by hand before this run: the nodes that had joined are not part of the cluster it starts. */
  startsAnotherCluster?: true
}

export interface Run {
  id: string
  nodeId: string
  role: Instruction['role']
  /** A repair of a READY node, which remains READY whatever the outcome is. */
  repair: boolean
  generation: number
  seq: number
  payload: string
  signature: string
  state: RunState
  acknowledged: boolean
  /** Whether it was cancelled. */
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

/** An event that is not stored yet; the store numbers it. */
export type NewEvent = Omit<StoredEvent, 'seq' | 'kind'>

/** What a client that repeats a request with its Idempotency-Key gets: see api/repeats. */
export interface KeptAnswer {
  /** SHA-256 of the client and its key. */
  key: string
  /** The client. */
  owner: string
  /** SHA-256 of method, path, query and body. */
  request: string
  /** Null: the request was carried out, and its answer was not stored. */
  status: number | null
  /** JSON. */
  body: string | null
  createdAt: string
}

/** An entry of the audit log as it is stored; see protocol/audit/chain.ts. */
export interface AuditRecord {
  number: number
  content: AuditContent
  previous: string
  hash: string
}
