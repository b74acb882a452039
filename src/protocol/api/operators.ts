import * as z from 'zod/mini'
import type { Route } from './route.ts'

const short = z.string().check(z.maxLength(253))
/** What a component of Kubernetes says about a condition; `since` by the cluster's own clock. */
const Statement = z.object({
  reason: short,
  message: z.string().check(z.maxLength(1_024)),
  since: z.optional(z.string().check(z.maxLength(40))),
})
/** Fields that came later are optional, and what a newer operator knows beyond these is passed over. */
export const OperatorReport = z.object({
  kubernetesVersion: short,
  nodes: z
    .array(
      z.object({
        name: short,
        ready: z.boolean(),
        kubeletVersion: short,
        /** Conditions that are not as they are on a healthy node: `Ready`, `DiskPressure`, `MemoryPressure`, … */
        unhealthy: z.optional(z.array(z.object({ type: short, ...Statement.shape })).check(z.maxLength(20))),
      }),
    )
    .check(z.maxLength(5_000)),
  pods: z
    .array(
      z.object({
        namespace: short,
        name: short,
        node: short,
        ready: z.boolean(),
        phase: short,
        restarts: z.number(),
        /** Of a pod of the cluster itself: why it is not Ready. */
        why: z.optional(Statement),
        /** It is being deleted. */
        leaving: z.optional(z.literal(true)),
      }),
    )
    .check(z.maxLength(20_000)),
  /** The cluster's DNS answered for kubernetes.default.svc from the operator's own pod. */
  dns: z.boolean(),
  /** Whether the API server calls itself ready; without etcd it is not, and what it tells of nodes and pods may be old. */
  api: z.optional(z.boolean()),
})
export type OperatorReport = z.infer<typeof OperatorReport>

export const ReportResponse = z.strictObject({})

/** What a cluster's operator tells. */
export const operatorRoutes = {
  report: {
    method: 'POST',
    path: '/v1/operator/report',
    access: ['operator'],
    summary: 'How the nodes and pods of the cluster are',
    body: OperatorReport,
    maxBodyBytes: 8 * 1024 * 1024,
    answer: ReportResponse,
    errors: [],
  },
} as const satisfies Record<string, Route>
