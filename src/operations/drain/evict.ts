import type { HostView } from '../../host/host.ts'
import type { Response } from '../../host/network.ts'
import type { HeldPod } from '../../protocol/wire/operation.ts'
import { isDone, isThere, reasonIn, send } from '../ask.ts'
import { budgetsOf } from './budgets.ts'
import { type Pod, pathOf } from './pods.ts'

/** A longer grace period is cut to this one, the default of Kubernetes, when a pod is deleted by force. */
const FORCED_GRACE_SECONDS = 30

/** What became of a request to end a pod. `unknown`: the API did not answer. */
export type Ended = 'ending' | 'unknown' | HeldPod

interface Failure {
  details?: { causes?: { reason?: string; message?: string }[] }
}

/** Asks Kubernetes to evict a pod, which it refuses against a disruption budget. */
export async function evict(host: HostView, pod: Pod): Promise<Ended> {
  const { name, namespace, uid } = pod.metadata
  const eviction = {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace },
    // A StatefulSet may already have created another pod with this name elsewhere.
    deleteOptions: { preconditions: { uid } },
  }
  return endedBy(host, pod, await send(host, 'POST', `${pathOf(pod)}/eviction`, eviction))
}

/** Deletes a pod whatever its disruption budgets say. Its containers still get time to end. */
export async function deleteByForce(host: HostView, pod: Pod): Promise<Ended> {
  const { terminationGracePeriodSeconds = FORCED_GRACE_SECONDS } = pod.spec
  const gracePeriodSeconds = Math.min(terminationGracePeriodSeconds, FORCED_GRACE_SECONDS)
  const options = { gracePeriodSeconds, preconditions: { uid: pod.metadata.uid } }
  return endedBy(host, pod, await send(host, 'DELETE', pathOf(pod), options))
}

async function endedBy(host: HostView, pod: Pod, answer: Response | undefined): Promise<Ended> {
  if (!answer || [502, 503, 504].includes(answer.status)) return 'unknown'
  // With a conflict it is another pod by now, or changes at this moment.
  if (isDone(answer) || !isThere(answer) || answer.status === 409) return 'ending'
  const { details } = failureIn(answer)
  const causes = details?.causes ?? []
  if (causes.some(({ reason }) => reason === 'NamespaceTerminating')) return 'ending'
  // 429: the budget has no disruption left; 500: the pod has more than one budget.
  const budgets = [429, 500].includes(answer.status) ? await budgetsOf(host, pod) : []
  const cause = causes.find(({ reason }) => reason === 'DisruptionBudget')?.message
  return heldPod(pod, cause ?? reasonIn(answer), budgets)
}

export function heldPod({ metadata: { namespace, name } }: Pod, reason: string, budgets: string[] = []): HeldPod {
  return { namespace, name, budgets: budgets.slice(0, 10), reason: reason.slice(0, 500) }
}

function failureIn({ body }: Response): Failure {
  try {
    return JSON.parse(body) as Failure
  } catch {
    return {}
  }
}
