import * as z from 'zod/mini'
import { IpAddress, NodeName } from '../names.ts'
import type { Route } from './route.ts'

const short = z.string().check(z.maxLength(253))
/** Why Kubernetes set a condition, and since when by the cluster's clock. */
const Condition = z.object({
  reason: short,
  message: z.string().check(z.maxLength(1_024)),
  since: z.optional(z.string().check(z.maxLength(40))),
})
/** The most in a report. */
export const REPORT_LIMITS = { nodes: 5_000, pods: 20_000 }

/** Fields that were added later are optional, and unknown fields of a newer operator are ignored. */
export const OperatorReport = z.object({
  kubernetesVersion: short,
  nodes: z
    .array(
      z.object({
        name: short,
        ready: z.boolean(),
        kubeletVersion: short,
        /** Cordoned: Kubernetes schedules no pods to it. */
        unschedulable: z.optional(z.boolean()),
        /** Conditions whose status differs from a healthy node's: `Ready`, `DiskPressure`, `MemoryPressure`, … */
        unhealthy: z.optional(z.array(z.object({ type: short, ...Condition.shape })).check(z.maxLength(20))),
      }),
    )
    .check(z.maxLength(REPORT_LIMITS.nodes)),
  pods: z
    .array(
      z.object({
        namespace: short,
        name: short,
        node: short,
        ready: z.boolean(),
        phase: short,
        restarts: z.number(),
        /** Why a pod of the cluster's own workloads is not Ready. */
        why: z.optional(Condition),
        /** The pod is being deleted. */
        leaving: z.optional(z.literal(true)),
      }),
    )
    .check(z.maxLength(REPORT_LIMITS.pods)),
  /** Whether the cluster's DNS resolved kubernetes.default.svc from the operator's pod. */
  dns: z.boolean(),
  /** Whether /readyz of the API server succeeds. Without etcd it does not, and what it returns may be stale. */
  api: z.optional(z.boolean()),
  /** The operator approves serving certificates of kubelets. */
  approvesServing: z.optional(z.literal(true)),
})
export type OperatorReport = z.infer<typeof OperatorReport>

const ReportResponse = z.strictObject({})

const KnownNode = z.strictObject({ name: NodeName, address: IpAddress })

/** Requests of a cluster's operator. */
export const operatorRoutes = {
  report: {
    method: 'POST',
    path: '/v1/operator/report',
    access: ['operator'],
    summary: 'Reports the state of the nodes and pods of the cluster',
    body: OperatorReport,
    maxBodyBytes: 8 * 1024 * 1024,
    slicedLists: REPORT_LIMITS,
    answer: ReportResponse,
    errors: [],
  },
  nodesOfOperator: {
    method: 'GET',
    path: '/v1/operator/nodes',
    access: ['operator'],
    summary: 'Names and addresses of the nodes of the cluster, for which the operator approves serving certificates',
    answer: z.strictObject({ nodes: z.array(KnownNode).check(z.maxLength(10_000)) }),
    errors: [],
  },
  renewOperatorCertificate: {
    method: 'POST',
    path: '/v1/operator/renewal',
    access: ['operator'],
    summary: "Issues the operator's next certificate, for a new key; the present one stays valid until it expires",
    body: z.strictObject({ csr: z.string().check(z.maxLength(16_384)) }),
    answer: z.strictObject({ certificate: z.string() }),
    errors: ['csr/invalid', 'pem/invalid', 'operator/not-due'],
  },
} as const satisfies Record<string, Route>
