import { shorten } from '../base/text/shorten.ts'
import type { OperatorReport } from '../protocol/api/operators.ts'

interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
  lastTransitionTime?: string
}
export interface Conditions {
  conditions?: Condition[]
}
interface ContainerState {
  waiting?: { reason?: string; message?: string }
  terminated?: { reason?: string; message?: string; exitCode?: number }
}
export interface PodStatus extends Conditions {
  phase?: string
  /** Set for an evicted pod. */
  reason?: string
  message?: string
  containerStatuses?: { restartCount: number; state?: ContainerState }[]
}

type Unhealthy = NonNullable<OperatorReport['nodes'][number]['unhealthy']>[number]
type Why = NonNullable<OperatorReport['pods'][number]['why']>

const MESSAGE_BYTES = 300
const REASON_BYTES = 120

export function isTrue(status: Conditions | undefined, type: string): boolean {
  return status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') === true
}

/** Conditions of k8s.io/api/core/v1, except `Ready`, which must be True. Conditions that other programs add are ignored. */
const BAD_WHEN_TRUE = ['DiskPressure', 'MemoryPressure', 'PIDPressure', 'NetworkUnavailable']

export function unhealthyConditions(status: Conditions | undefined): Unhealthy[] {
  return (status?.conditions ?? [])
    .filter(({ type, status: value }) =>
      type === 'Ready' ? value !== 'True' : BAD_WHEN_TRUE.includes(type) && value === 'True',
    )
    .map((condition) => ({ type: condition.type, ...statement(condition) }))
}

/** The first of these reasons: evicted, not scheduled, a container that waits or terminated, not Ready. */
export function whyNotReady(status: PodStatus | undefined): Why | undefined {
  if (status?.reason) return statement(status)
  const conditions = status?.conditions ?? []
  const isFalse = (type: string) => conditions.find((each) => each.type === type && each.status === 'False')
  const unscheduled = isFalse('PodScheduled')
  if (unscheduled) return statement(unscheduled)
  const unready = isFalse('Ready')
  const since = unready?.lastTransitionTime
  const states = (status?.containerStatuses ?? []).map(({ state }) => state)
  const stuck = states.find((state) => state?.waiting ?? state?.terminated)
  if (stuck) return statement({ ...(stuck.waiting ?? stuck.terminated), ...(since && { lastTransitionTime: since }) })
  return unready && statement(unready)
}

function statement({ reason, message, lastTransitionTime }: Partial<Condition>): Why {
  return {
    reason: shorten(reason ?? '', REASON_BYTES),
    message: shorten(message ?? '', MESSAGE_BYTES),
    ...(lastTransitionTime !== undefined && { since: lastTransitionTime.slice(0, 40) }),
  }
}
