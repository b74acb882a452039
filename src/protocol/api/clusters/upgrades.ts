import * as z from 'zod/mini'
import { KubernetesVersion } from '../../names.ts'
import { LABEL_KEY, MAX_LABEL_KEY } from '../../settings/node-labels.ts'
import { OnBlocked, UpgradeFinding } from '../../wire/operation.ts'
import { ApiError } from '../access.ts'
import { DEFAULT_DRAIN_SECONDS } from '../nodes/scheduling.ts'
import type { Route } from '../route.ts'
import { DEFAULT_MAX_UNAVAILABLE, MaxUnavailable } from '../updates/max-unavailable.ts'

/** The key of a label of Node objects. */
const GroupBy = z.optional(z.string().check(z.maxLength(MAX_LABEL_KEY), z.regex(LABEL_KEY)))
const DrainSeconds = z.int().check(z.minimum(10), z.maximum(86_400))

export const UpgradeRequest = z.strictObject({
  to: KubernetesVersion,
  maxUnavailable: z._default(MaxUnavailable, DEFAULT_MAX_UNAVAILABLE),
  drainSeconds: z._default(DrainSeconds, DEFAULT_DRAIN_SECONDS),
  onBlocked: z._default(OnBlocked, 'wait'),
  /** Workers with the same value of this label are a group: one group after the other, and those without it last. */
  groupBy: GroupBy,
})
export type UpgradeRequest = z.infer<typeof UpgradeRequest>

/** `failed`: it waits until it is resumed or cancelled. `cancelling`: nodes are uncordoned, and runs go on to their end. */
export const UPGRADE_STATES = ['running', 'paused', 'failed', 'cancelling', 'cancelled', 'done'] as const

export const UpgradeView = z.object({
  from: z.string(),
  to: z.string(),
  /** Of a change of settings, which keeps the version: their names. Null: it is an upgrade. */
  settings: z.nullable(z.array(z.string())),
  /** One version for each minor version on the way, and the one that is being installed. */
  rounds: z.array(z.string()),
  version: z.string(),
  state: z.enum(UPGRADE_STATES),
  /** Nodes that have the change, and all nodes. */
  done: z.int(),
  of: z.int(),
  waitingFor: z.nullable(z.string()),
  nodes: z.array(
    z.object({ name: z.string(), version: z.string(), phase: z.string(), waitingFor: z.nullable(z.string()) }),
  ),
  error: z.nullable(ApiError),
  beganAt: z.string(),
  endedAt: z.nullable(z.string()),
})
export type UpgradeView = z.infer<typeof UpgradeView>

export const UpgradePlan = z.object({
  from: z.string(),
  rounds: z.array(z.string()),
  /** In the order in which they are upgraded; `wave` is 0 for masters, which are upgraded one by one, the leader of etcd last. */
  nodes: z.array(
    z.object({
      ...{ name: z.string(), version: z.string(), role: z.string(), wave: z.int(), isDrained: z.boolean() },
      group: z.nullable(z.string()),
    }),
  ),
  /** What prevents the upgrade. */
  problems: z.array(ApiError),
  /** What a master found in the cluster; null if none answered. */
  findings: z.nullable(z.array(UpgradeFinding)),
})
export type UpgradePlan = z.infer<typeof UpgradePlan>

/** What prevents an upgrade. */
export const UPGRADE_ERRORS = [
  'agent/update-needed',
  'bundle/none',
  'restore/busy',
  'upgrade/active',
  'upgrade/not-ready',
  'upgrade/skew',
  'upgrade/version',
] as const

/** Upgrades of clusters, for administrators. */
export const upgradeRoutes = {
  planUpgrade: {
    method: 'GET',
    path: '/v1/clusters/{name}/upgrade/plan',
    access: ['view'],
    summary: 'Returns what an upgrade of Kubernetes would do, and what prevents it; changes nothing',
    query: z.object({
      to: KubernetesVersion,
      maxUnavailable: z._default(MaxUnavailable, DEFAULT_MAX_UNAVAILABLE),
      groupBy: GroupBy,
    }),
    answer: UpgradePlan,
    errors: ['agent/update-needed', 'cluster/unknown', 'upgrade/not-ready'],
  },
  startUpgrade: {
    method: 'POST',
    path: '/v1/clusters/{name}/upgrade',
    access: ['operate'],
    summary: 'Upgrades Kubernetes on all nodes, a minor version at a time: masters one by one, then workers in waves',
    body: UpgradeRequest,
    answer: UpgradeView,
    versioned: true,
    repeatable: true,
    errors: ['cluster/unknown', ...UPGRADE_ERRORS],
  },
  pauseUpgrade: {
    method: 'POST',
    path: '/v1/clusters/{name}/upgrade/pause',
    access: ['operate'],
    summary: 'Starts no further node; runs in progress continue',
    answer: UpgradeView,
    errors: ['cluster/unknown', 'upgrade/none'],
  },
  resumeUpgrade: {
    method: 'POST',
    path: '/v1/clusters/{name}/upgrade/resume',
    access: ['operate'],
    summary: 'Continues an upgrade that was paused or has failed',
    answer: UpgradeView,
    errors: ['cluster/unknown', 'upgrade/none'],
  },
  cancelUpgrade: {
    method: 'POST',
    path: '/v1/clusters/{name}/upgrade/cancel',
    access: ['operate'],
    summary: 'Ends an upgrade where it is; nodes that it has cordoned are uncordoned, and nothing is reverted',
    answer: UpgradeView,
    errors: ['cluster/unknown', 'upgrade/none'],
  },
} as const satisfies Record<string, Route>
