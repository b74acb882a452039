import * as z from 'zod/mini'
import { Label } from '../names.ts'
import { ClusterSettings } from '../settings/cluster-settings.ts'
import { EtcdHealth } from '../wire/operation.ts'
import { ApiError } from './access.ts'
import { Enrolment } from './installer.ts'
import { NodeView, Problem } from './nodes.ts'
import { PairReport } from './pair-report.ts'
import { Flag, type Route } from './route.ts'

export const CreateClusterRequest = z.strictObject({
  name: Label,
  settings: ClusterSettings,
  /** Of the installer's key, which stays with whoever asks. */
  csr: z.string().check(z.maxLength(16_384)),
})
export type CreateClusterRequest = z.infer<typeof CreateClusterRequest>

/** DEGRADED: it was READY, and something is wrong with it now; `problems` say what. */
export const CLUSTER_STATES = ['NEW', 'PROVISIONING', 'READY', 'DEGRADED', 'FAILED', 'RESETTING'] as const
export type ClusterState = (typeof CLUSTER_STATES)[number]

export const Stage = z.object({
  name: z.string(),
  state: z.enum(['pending', 'running', 'done', 'failed']),
  startedAt: z.nullable(z.string()),
  endedAt: z.nullable(z.string()),
})
export type Stage = z.infer<typeof Stage>

export const ClusterView = z.object({
  id: z.string(),
  name: z.string(),
  state: z.enum(CLUSTER_STATES),
  kubernetesVersion: z.string(),
  settings: ClusterSettings,
  nodes: z.array(NodeView),
  stages: z.array(Stage),
  /** While it is PROVISIONING, or repaired while it is DEGRADED: what READY still lacks. */
  waitingFor: z.nullable(z.string()),
  problems: z.array(Problem),
  /** The last check between its nodes. */
  pairs: z.nullable(PairReport),
  error: z.nullable(ApiError),
})
export type ClusterView = z.infer<typeof ClusterView>

/** Null where nobody tells. */
export const ClusterHealth = z.object({
  etcd: z.nullable(z.array(EtcdHealth)),
  /** As the operator has told last; `unhealthy`: conditions such as `DiskPressure`. */
  nodes: z.nullable(z.array(z.object({ name: z.string(), ready: z.boolean(), unhealthy: z.array(z.string()) }))),
  /** When that was; ISO time. */
  reportedAt: z.nullable(z.string()),
  /** Whether that is still so: the operator tells each half minute. */
  isCurrent: z.boolean(),
})
export type ClusterHealth = z.infer<typeof ClusterHealth>

export const CreateClusterResponse = z.object({
  cluster: ClusterView,
  /** What goes into NAME.pem besides the key: PEM, PEM, and the content of the enrolment block. */
  installer: z.object({ certificate: z.string(), ca: z.string(), enrolment: Enrolment }),
})
export type CreateClusterResponse = z.infer<typeof CreateClusterResponse>

export const PlannedNode = z.object({
  id: z.string(),
  name: z.string(),
  /** What it would be told; null when nothing. */
  role: z.nullable(z.string()),
  /** It is READY, and stays so. */
  repair: z.boolean(),
  because: z.string(),
})
export type PlannedNode = z.infer<typeof PlannedNode>

export const ClusterPlan = z.object({
  bundle: z.nullable(z.string()),
  nodes: z.array(PlannedNode),
  problems: z.array(ApiError),
})
export type ClusterPlan = z.infer<typeof ClusterPlan>

const SUBNET_ERRORS = [
  'subnet/invalid',
  'subnet/one-node',
  'subnet/overlap',
  'subnet/reserved',
  'subnet/unaligned',
] as const

/** What stands in the way of `provision`; `plan` tells it too. */
const PROVISION_ERRORS = [
  'bundle/none',
  'cluster/no-nodes',
  'cluster/no-master',
  'masters/even',
  'masters/endpoint',
  'node/address-changed',
] as const

/** Clusters, for administrators. */
export const clusterRoutes = {
  listClusters: {
    method: 'GET',
    path: '/v1/clusters',
    access: ['admin'],
    summary: 'All clusters, by their names',
    answer: z.array(ClusterView),
    errors: [],
  },
  createCluster: {
    method: 'POST',
    path: '/v1/clusters',
    access: ['admin'],
    summary: 'Makes a cluster, and the certificate that its nodes enrol with',
    body: CreateClusterRequest,
    // Four overrides of 32 KiB, escaped.
    maxBodyBytes: 512 * 1024,
    answer: CreateClusterResponse,
    errors: ['cluster/exists', 'csr/invalid', 'pem/invalid', 'labels/reserved', ...SUBNET_ERRORS],
  },
  showCluster: {
    method: 'GET',
    path: '/v1/clusters/{name}',
    access: ['admin'],
    summary: 'State, stages, settings and nodes of a cluster',
    answer: ClusterView,
    errors: ['cluster/unknown'],
  },
  deleteCluster: {
    method: 'DELETE',
    path: '/v1/clusters/{name}',
    access: ['admin'],
    summary: 'Forgets a cluster and its nodes; `force`: even with Kubernetes on them',
    query: z.object({ force: Flag }),
    answer: z.strictObject({}),
    errors: ['cluster/unknown', 'cluster/in-use'],
  },
  planCluster: {
    method: 'GET',
    path: '/v1/clusters/{name}/plan',
    access: ['admin'],
    summary: 'What `provision` would do now; changes nothing',
    answer: ClusterPlan,
    errors: ['cluster/unknown'],
  },
  provisionCluster: {
    method: 'POST',
    path: '/v1/clusters/{name}/provision',
    access: ['admin'],
    summary: 'Brings Kubernetes up on the configured nodes; retries those that failed, repairs those that are READY',
    answer: ClusterView,
    errors: ['cluster/unknown', ...PROVISION_ERRORS],
  },
  resetCluster: {
    method: 'POST',
    path: '/v1/clusters/{name}/reset',
    access: ['admin'],
    summary: 'Removes Kubernetes from all nodes; they stay enrolled',
    answer: ClusterView,
    errors: ['cluster/unknown'],
  },
  checkPairs: {
    method: 'POST',
    path: '/v1/clusters/{name}/precheck',
    access: ['admin'],
    summary: 'Lets the nodes reach each other: ports, latency, clocks, packet sizes; takes up to two minutes',
    answer: PairReport,
    errors: ['cluster/unknown', 'pair-check/busy', 'pair-check/too-few'],
  },
  showHealth: {
    method: 'GET',
    path: '/v1/clusters/{name}/health',
    access: ['admin'],
    summary: 'How etcd and the nodes are now',
    answer: ClusterHealth,
    errors: ['cluster/unknown'],
  },
} as const satisfies Record<string, Route>
