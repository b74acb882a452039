import * as z from 'zod/mini'
import { EXPIRY_STATES } from '../certificates/expiry.ts'
import { CERTIFICATE_OWNERS, CERTIFICATE_RENEWERS } from '../certificates/node-certificate.ts'
import { Label } from '../names.ts'
import { ClusterSettings } from '../settings/cluster-settings.ts'
import { EtcdHealth } from '../wire/operation.ts'
import { ApiError, DEFAULT_PROJECT } from './access.ts'
import { settingsRoutes } from './clusters/settings.ts'
import { UpgradeView, upgradeRoutes } from './clusters/upgrades.ts'
import { pageOf, pageQuery } from './http/page.ts'
import { Csr, InstallerParts } from './identities/credentials.ts'
import { NodeView, Problem } from './nodes.ts'
import { PairReport } from './pair-report.ts'
import { Flag, type Route } from './route.ts'
import { AgentUpdateSummary } from './updates/agent-updates.ts'

export const CreateClusterRequest = z.strictObject({
  name: Label,
  project: z._default(Label, DEFAULT_PROJECT),
  settings: ClusterSettings,
  /** For the installer's key. */
  csr: Csr,
})
export type CreateClusterRequest = z.infer<typeof CreateClusterRequest>

/** DEGRADED: the cluster was READY and has `problems` now. */
export const CLUSTER_STATES = ['NEW', 'PROVISIONING', 'READY', 'DEGRADED', 'FAILED', 'RESETTING'] as const
export type ClusterState = (typeof CLUSTER_STATES)[number]
/** In views. UNKNOWN: the cluster was READY, and its source has been silent for too long since `unknownSince`. */
export const SHOWN_STATES = [...CLUSTER_STATES, 'UNKNOWN'] as const

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
  project: z.string(),
  /** Of what people set, and of the state. The first part of the ETag; If-Match compares it. */
  revision: z.string(),
  state: z.enum(SHOWN_STATES),
  /** When it was last known to be READY, ISO 8601; null unless it is UNKNOWN. */
  unknownSince: z.nullable(z.string()),
  kubernetesVersion: z.string(),
  settings: ClusterSettings,
  nodes: z.array(NodeView),
  stages: z.array(Stage),
  /**
   * What the cluster waits for before it is READY, while it is PROVISIONING, or DEGRADED and being repaired; or what nodes wait for that
   * follow its rules and are not provisioned yet.
   */
  waitingFor: z.nullable(z.string()),
  problems: z.array(Problem),
  /** The last upgrade of Kubernetes, also one that has ended; null: there was none. */
  upgrade: z.nullable(UpgradeView),
  /** The last pair check. */
  pairs: z.nullable(PairReport),
  /** The last update of the agents of its nodes. */
  agentUpdate: z.nullable(AgentUpdateSummary),
  error: z.nullable(ApiError),
})
export type ClusterView = z.infer<typeof ClusterView>

/** `state`: valid, or how urgent its renewal is. */
export const ClusterCertificate = z.object({
  /** The node's name; null for a certificate that is not on a node. */
  node: z.nullable(z.string()),
  /** As on the node, or of the credentials. */
  name: z.string(),
  owner: z.enum([...CERTIFICATE_OWNERS, 'installer']),
  /** ISO 8601. */
  notBefore: z.string(),
  notAfter: z.string(),
  renewedBy: z.enum(CERTIFICATE_RENEWERS),
  state: z.enum(EXPIRY_STATES),
})
export type ClusterCertificate = z.infer<typeof ClusterCertificate>

export const MOST_SHOWN_CERTIFICATES = 500

/** A field is null if nobody has reported it. */
export const ClusterHealth = z.object({
  etcd: z.nullable(z.array(EtcdHealth)),
  /** When a master was asked about etcd, ISO 8601; null if none answered. */
  etcdAt: z.nullable(z.string()),
  /** From the last report of the operator; `unhealthy`: conditions such as `DiskPressure`. */
  nodes: z.nullable(z.array(z.object({ name: z.string(), ready: z.boolean(), unhealthy: z.array(z.string()) }))),
  /** Time of the last report, ISO 8601. */
  reportedAt: z.nullable(z.string()),
  /** Whether the last report is recent: the operator reports every 30 s. */
  isCurrent: z.boolean(),
  /** The first to expire first; at most 500. */
  certificates: z.array(ClusterCertificate),
})
export type ClusterHealth = z.infer<typeof ClusterHealth>

export const CreateClusterResponse = z.object({
  cluster: ClusterView,
  installer: InstallerParts,
})
export type CreateClusterResponse = z.infer<typeof CreateClusterResponse>

export const PlannedNode = z.object({
  id: z.string(),
  name: z.string(),
  /** The task that the node would get; null if none. */
  role: z.nullable(z.string()),
  /** The node is READY, and remains READY during the repair. */
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

/** What prevents `provision`; `plan` reports it too. */
const PROVISION_ERRORS = [
  'bundle/none',
  'cluster/no-nodes',
  'cluster/no-master',
  'masters/even',
  'masters/endpoint',
  'node/address-changed',
  'upgrade/active',
] as const

/** Clusters, for administrators. */
export const clusterRoutes = {
  listClusters: {
    method: 'GET',
    path: '/v1/clusters',
    access: ['view'],
    inAnyProject: true,
    summary: 'Lists all clusters, by name',
    query: z.object({
      state: z.optional(z.enum(CLUSTER_STATES)),
      project: z.optional(Label),
      ...pageQuery(['name', 'state', 'project'], ClusterView),
    }),
    answer: pageOf(ClusterView),
    errors: [],
  },
  createCluster: {
    method: 'POST',
    path: '/v1/clusters',
    access: ['operate'],
    inAnyProject: true,
    summary: 'Creates a cluster and issues the certificate that its nodes enrol with',
    body: CreateClusterRequest,
    // Enough for four overrides of 32 KiB, escaped.
    maxBodyBytes: 512 * 1024,
    answer: CreateClusterResponse,
    repeatable: true,
    errors: [
      'cluster/exists',
      'csr/invalid',
      'pem/invalid',
      'labels/reserved',
      'override/not-usable',
      'settings/no-mirror',
      ...SUBNET_ERRORS,
    ],
  },
  showCluster: {
    method: 'GET',
    path: '/v1/clusters/{name}',
    access: ['view'],
    summary: 'Returns state, stages, settings and nodes of a cluster',
    answer: ClusterView,
    versioned: true,
    errors: ['cluster/unknown'],
  },
  deleteCluster: {
    method: 'DELETE',
    path: '/v1/clusters/{name}',
    access: ['operate'],
    summary: 'Deletes a cluster and its nodes from the controller; `force`: even if Kubernetes runs on them',
    query: z.object({ force: Flag }),
    answer: z.strictObject({}),
    versioned: true,
    errors: ['cluster/unknown', 'cluster/in-use'],
  },
  planCluster: {
    method: 'GET',
    path: '/v1/clusters/{name}/plan',
    access: ['view'],
    summary: 'Returns what `provision` would do now; changes nothing',
    answer: ClusterPlan,
    errors: ['cluster/unknown'],
  },
  provisionCluster: {
    method: 'POST',
    path: '/v1/clusters/{name}/provision',
    access: ['operate'],
    summary: 'Installs Kubernetes on the configured nodes; retries FAILED nodes and repairs READY ones',
    answer: ClusterView,
    versioned: true,
    repeatable: true,
    errors: ['cluster/unknown', ...PROVISION_ERRORS],
  },
  resetCluster: {
    method: 'POST',
    path: '/v1/clusters/{name}/reset',
    access: ['operate'],
    summary: 'Removes Kubernetes from all nodes; the nodes stay enrolled',
    answer: ClusterView,
    versioned: true,
    repeatable: true,
    errors: ['cluster/unknown'],
  },
  checkPairs: {
    method: 'POST',
    path: '/v1/clusters/{name}/precheck',
    access: ['operate'],
    summary: 'Checks the connections between nodes: ports, latency, clocks, packet sizes; takes up to two minutes',
    answer: PairReport,
    errors: ['cluster/unknown', 'pair-check/busy', 'pair-check/too-few'],
  },
  showHealth: {
    method: 'GET',
    path: '/v1/clusters/{name}/health',
    access: ['view'],
    summary: 'Returns the health of etcd and of the nodes',
    answer: ClusterHealth,
    errors: ['cluster/unknown'],
  },
  ...upgradeRoutes,
  ...settingsRoutes,
} as const satisfies Record<string, Route>
