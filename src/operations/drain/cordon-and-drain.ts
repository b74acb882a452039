import type { HostView } from '../../host/host.ts'
import type { Operation } from '../../protocol/wire/operation.ts'
import { notYet, type Outcome } from '../answer.ts'
import { NO_API } from '../ask.ts'
import { changeNode } from './cordon.ts'
import { drain, waitText } from './drain.ts'

/** A node that the cluster does not have is drained: what is left of its pods, Kubernetes collects. */
export async function cordonAndDrain(
  host: HostView,
  { target: { name }, deadline, onBlocked }: Operation & { operation: 'cordon-and-drain' },
): Promise<Outcome> {
  const cordoned = await changeNode(host, name, 'cordon-for-now')
  if (cordoned === 'gone') return { outcome: 'done' }
  const options = { deadline: new Date(deadline), onBlocked, unmanaged: 'hold' } as const
  const drained = cordoned && (await drain(host, name, options))
  if (!drained) return notYet(NO_API)
  const { held, isPastDeadline } = drained
  if (drained.isDone) return { outcome: 'done', ...(held.length > 0 && { held }) }
  const blocked = held.length > 0 || isPastDeadline ? { blocked: { pods: held, isPastDeadline } } : {}
  return { ...notYet(waitText(name, drained)), ...blocked }
}
