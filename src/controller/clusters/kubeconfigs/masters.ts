import type { Cluster, Node } from '../../domain/records.ts'
import { mastersOf } from '../../domain/shape.ts'
import type { HasAuthority, HasClock, HasOperations, HasPresence, HasStore } from '../../ports.ts'
import { connectedMasters, situationOf } from '../../reconcile/situation-of.ts'

export type Asking = HasStore & HasClock & HasPresence & HasAuthority & HasOperations

/** Masters that can carry out operations, and all masters, those first. */
export async function mastersIn(
  ports: HasStore & HasClock & HasPresence,
  { id }: Pick<Cluster, 'id'>,
): Promise<{ connected: Node[]; all: { name: string; address: string }[] }> {
  const data = await ports.store.load(id)
  if (!data) return { connected: [], all: [] }
  const { members } = situationOf(ports, data)
  const connected = connectedMasters(ports, members)
  const others = mastersOf(members).filter(({ id: other }) => connected.every((each) => each.id !== other))
  return { connected, all: [...connected, ...others].map(({ name, address }) => ({ name, address })) }
}
