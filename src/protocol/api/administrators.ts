import * as z from 'zod/mini'
import type { ErrorReport } from '../../base/agent-error.ts'
import { Label, type NodeRole, type NodeState, NodeRole as Role } from '../names.ts'
import { ClusterSettings } from '../settings/cluster-settings.ts'
import type { CheckSummary } from '../wire/check-summary.ts'
import type { RunEvent } from '../wire/event.ts'
import type { Facts } from '../wire/facts.ts'
import type { EtcdHealth } from '../wire/operation.ts'
import type { PairReport } from './pair-report.ts'

export { ClusterSettings }

/** The administrator's interface: JSON over HTTPS, role admin. Errors are ApiError of rest.ts. */
export const ADMIN_PATHS = {
  /** GET, POST. */
  clusters: '/v1/clusters',
  /** GET, DELETE (`?force=1`). */
  cluster: (name: string) => `/v1/clusters/${encodeURIComponent(name)}`,
  /** GET plan; POST provision, reset, precheck. */
  clusterAction: (name: string, action: 'plan' | 'provision' | 'reset' | 'precheck') =>
    `/v1/clusters/${encodeURIComponent(name)}/${action}`,
  /** GET: how it is now, as a master sees it. */
  clusterHealth: (name: string) => `/v1/clusters/${encodeURIComponent(name)}/health`,
  /** GET (`?cluster=NAME`, `?all=1` with those removed). */
  nodes: '/v1/nodes',
  /** GET, DELETE (`?force=1`). */
  node: (id: string) => `/v1/nodes/${id}`,
  /** POST approve, configure. */
  nodeAction: (id: string, action: 'approve' | 'configure') => `/v1/nodes/${id}/${action}`,
  /** GET (`?after=SEQ&waitMs=MS&cluster=NAME&node=ID&run=ID`): waits until there is one after SEQ. */
  events: '/v1/events',
} as const

export const CreateClusterRequest = z.strictObject({
  name: Label,
  settings: ClusterSettings,
  /** Of the installer's key, which stays with whoever asks. */
  csr: z.string().check(z.maxLength(16_384)),
})

export const ConfigureRequest = z.strictObject({
  roles: z.array(Role).check(z.minLength(1), z.maxLength(3)),
  /** Interface for cluster traffic; default: the one with the default route. */
  interface: z.optional(z.string().check(z.maxLength(15))),
  disks: z._default(z.array(z.string().check(z.maxLength(255))).check(z.maxLength(64)), []),
})

/** DEGRADED: it was READY, and something is wrong with it now; `problems` say what. */
export const CLUSTER_STATES = ['NEW', 'PROVISIONING', 'READY', 'DEGRADED', 'FAILED', 'RESETTING'] as const
export type ClusterState = (typeof CLUSTER_STATES)[number]

/** What is wrong with a cluster that has been READY. */
export interface Problem {
  /** e.g. `node/disk-pressure`. */
  code: string
  /** Name of the node that it is about; null where it is about the cluster. */
  node: string | null
  message: string
  /** ISO time. */
  since: string
  /** ISO time: when it was seen last. */
  seenAt: string
}

export interface NodeView {
  id: string
  name: string
  cluster: string
  /** DEGRADED: it is READY in its life, and `problems` say what is wrong with it now. */
  state: NodeState | 'DEGRADED'
  roles: NodeRole[]
  /** Empty until it is known. */
  address: string
  os: string
  agentVersion: string
  /** ISO time; null before the first contact. */
  lastSeen: string | null
  /** What it does now, in words; null when nothing. */
  step: string | null
  /** What it waits for meanwhile, in words; it stands in `step` as well. */
  waitingFor: string | null
  fingerprint: string
  connected: boolean
  run: RunView | null
  problems: Problem[]
  error: ErrorReport | null
}

export interface NodeDetail extends NodeView {
  interface: string | null
  disks: string[]
  warnings: CheckSummary[]
  facts: Facts | null
}

export interface RunView {
  id: string
  role: string
  /** Of a node that is READY, and stays so. */
  repair: boolean
  state: RunState
  /** Steps. */
  done: number
  of: number
  createdAt: string
  endedAt: string | null
}

export const RUN_STATES = ['open', 'done', 'failed', 'indeterminate', 'cancelled', 'refused', 'expired'] as const
export type RunState = (typeof RUN_STATES)[number]

export interface Stage {
  name: string
  state: 'pending' | 'running' | 'done' | 'failed'
  startedAt: string | null
  endedAt: string | null
}

export interface ClusterView {
  id: string
  name: string
  state: ClusterState
  kubernetesVersion: string
  settings: ClusterSettings
  nodes: NodeView[]
  stages: Stage[]
  /** While it is PROVISIONING, or repaired while it is DEGRADED: what READY still lacks. */
  waitingFor: string | null
  problems: Problem[]
  /** The last check between its nodes. */
  pairs: PairReport | null
  error: ErrorReport | null
}

/** Null where nobody tells. */
export interface ClusterHealth {
  etcd: EtcdHealth[] | null
  /** As the operator has told last; `unhealthy`: conditions such as `DiskPressure`. */
  nodes: { name: string; ready: boolean; unhealthy: string[] }[] | null
  /** When that was; ISO time. */
  reportedAt: string | null
  /** Whether that is still so: the operator tells each half minute. */
  isCurrent: boolean
}

export interface CreateClusterResponse {
  cluster: ClusterView
  /** What goes into NAME.pem besides the key: PEM, PEM, and the content of the enrolment block. */
  installer: { certificate: string; ca: string; enrolment: z.infer<typeof import('./installer.ts').Enrolment> }
}

export interface PlannedNode {
  id: string
  name: string
  /** What it would be told; null when nothing. */
  role: string | null
  /** It is READY, and stays so. */
  repair: boolean
  because: string
}

export interface ClusterPlan {
  bundle: string | null
  nodes: PlannedNode[]
  problems: ErrorReport[]
}

/** The file admin.json: whoever can read it is the administrator. */
export const AdminAccess = z.strictObject({
  url: z.url(),
  /** PEM. */
  ca: z.string(),
  certificate: z.string(),
  key: z.string(),
})
export type AdminAccess = z.infer<typeof AdminAccess>

/** What happened, in the order in which it was made durable. */
export interface LogEntry {
  seq: number
  at: string
  cluster: string
  /** Null where it is about the cluster as a whole. */
  node: { id: string; name: string } | null
  run: string | null
  event: RunEvent | StateEvent
}

export type StateEvent =
  | { kind: 'node-state'; at: string; state: NodeState; error?: ErrorReport }
  | { kind: 'cluster-state'; at: string; state: ClusterState; error?: ErrorReport }

export interface EventsResponse {
  events: LogEntry[]
  /** Give it as `after` the next time. */
  last: number
}

export type CreateClusterRequest = z.infer<typeof CreateClusterRequest>
export type ConfigureRequest = z.infer<typeof ConfigureRequest>
