import type { ConfigureRequest } from '../../../protocol/api/nodes.ts'
import { admitDisks, admitInterface, admitRoles } from '../admission.ts'
import type { Cluster, Node } from '../records.ts'
import { admitNodes } from '../settings/subnets.ts'

export type Configuration = Pick<Node, 'roles' | 'disks' | 'interface' | 'address'>

/** The configuration of a node beside the others of its cluster. Throws if the node or the cluster does not allow it. */
export function configurationOf(
  cluster: Cluster,
  node: Node,
  others: readonly Node[],
  { roles: wanted, interface: name, disks }: ConfigureRequest,
): Configuration {
  const roles = [...new Set(wanted)]
  admitRoles(cluster, node, others, roles)
  admitNodes(cluster, others.filter((other) => other.state !== 'REMOVED' && other.roles.length > 0).length + 1)
  admitDisks(cluster, node, wanted, disks)
  return { roles, disks, ...admitInterface(node, name) }
}
