import { present } from '../domain/draft.ts'
import type { HasStore } from '../ports.ts'

/** The name and the address of each approved node with a role; none after the cluster was deleted. */
export async function nodesOfOperator(
  { store }: HasStore,
  clusterId: string,
): Promise<{ name: string; address: string }[]> {
  const data = await store.load(clusterId)
  if (data === undefined) return []
  return present(data).flatMap(({ name, address, approvedAt, roles }) =>
    address !== null && approvedAt !== null && roles.length > 0 ? [{ name, address }] : [],
  )
}
