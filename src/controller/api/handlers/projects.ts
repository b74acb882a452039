import { isAllowed, type Permission } from '../../../protocol/api/people/permissions.ts'
import { type Grants, notPermitted } from '../../access/people/grants.ts'
import type { Cluster } from '../../domain/records.ts'
import { missing } from '../../nodes/find.ts'
import type { HasStore } from '../../ports.ts'

interface Caller {
  name: string
  grants: Grants
}

/** The clusters that the caller may see, or the one with this name; throws `cluster/unknown` if it is not among them. */
export async function visibleClusters({ store }: HasStore, { grants }: Caller, name?: string): Promise<Cluster[]> {
  const found = name === undefined ? await store.clusters() : [await store.clusterNamed(name)]
  const visible = found.flatMap((each) => (each && isAllowed(grants, 'view', each.project) ? [each] : []))
  if (name !== undefined && visible.length === 0) throw missing('cluster', name)
  return visible
}

/** Throws unless the caller has the permission in the project. */
export function requirePermission({ name, grants }: Caller, permission: Permission, project: string | null): void {
  if (isAllowed(grants, permission, project)) return
  throw notPermitted(name, [permission], project)
}
