import * as z from 'zod/mini'
import { HeldPod, OnBlocked } from '../../wire/operation.ts'
import type { Route } from '../route.ts'

export const DEFAULT_DRAIN_SECONDS = 600

export const DrainRequest = z.strictObject({
  /** How long it may take, by the clock of the controller. Pods that cannot move until then are treated as `onBlocked` says. */
  seconds: z._default(z.int().check(z.minimum(1), z.maximum(86_400)), DEFAULT_DRAIN_SECONDS),
  /** Of a repeated request: that of the first answer. */
  deadline: z.optional(z.iso.datetime()),
  onBlocked: z._default(OnBlocked, 'wait'),
})
export type DrainRequest = z.infer<typeof DrainRequest>

/** How far the drain of a node has come. */
export const DrainView = z.object({
  node: z.string(),
  deadline: z.string(),
  /** Nothing is left to wait for. Otherwise, repeat the request with the deadline. */
  isDone: z.boolean(),
  /** As text; null if nothing. */
  waitingFor: z.nullable(z.string()),
  /** Pods that cannot move, or with `skip` that stay, and the disruption budgets that forbid it. */
  held: z.array(z.object(HeldPod.shape)),
  isPastDeadline: z.boolean(),
})
export type DrainView = z.infer<typeof DrainView>

export const SchedulingView = z.object({ node: z.string(), isCordoned: z.boolean() })

const ERRORS = [
  'agent/update-needed',
  'node/no-master',
  'node/not-in-cluster',
  'node/not-yet',
  'node/unknown',
  'upgrade/active',
] as const

/** Whether Kubernetes schedules pods to a node; for administrators. A connected master asks the API of the cluster. */
export const schedulingRoutes = {
  cordonNode: {
    method: 'POST',
    path: '/v1/nodes/{id}/cordon',
    access: ['operate'],
    summary: 'Keeps new pods away from a node until a person uncordons it; an upgrade does not',
    answer: SchedulingView,
    errors: ERRORS,
  },
  uncordonNode: {
    method: 'POST',
    path: '/v1/nodes/{id}/uncordon',
    access: ['operate'],
    summary: 'Lets Kubernetes schedule pods to a node again',
    answer: SchedulingView,
    errors: ERRORS,
  },
  drainNode: {
    method: 'POST',
    path: '/v1/nodes/{id}/drain',
    access: ['operate'],
    summary:
      'Cordons a node and moves its pods to others, as their disruption budgets allow; takes some seconds, and is repeated until it is done',
    body: DrainRequest,
    answer: DrainView,
    errors: ERRORS,
  },
} as const satisfies Record<string, Route>
