import type { ClusterCertificate } from '../../../protocol/api/clusters.ts'
import { expiryStateOf } from '../../../protocol/certificates/expiry.ts'
import type { Cluster, Node } from '../records.ts'

/** As the agent last reported them. An agent that was off for long may have others. */
export function certificatesOfNode({ name, facts }: Pick<Node, 'name' | 'facts'>, now: Date): ClusterCertificate[] {
  const found = facts?.certificates ?? []
  return found.map((each) => ({ node: name, ...each, state: expiryStateOf(each, now) }))
}

/** Of these nodes, and the installers' certificates that were not revoked; the first to expire first. */
export function certificatesOfCluster(
  { credentials }: Pick<Cluster, 'credentials'>,
  nodes: readonly Node[],
  now: Date,
): ClusterCertificate[] {
  const installers = credentials.flatMap(({ name, createdAt, expiresAt, revokedAt }): ClusterCertificate[] => {
    if (revokedAt !== null) return []
    const dates = { notBefore: createdAt, notAfter: expiresAt }
    return [{ node: null, name, owner: 'installer', renewedBy: 'nobody', ...dates, state: expiryStateOf(dates, now) }]
  })
  const all = [...nodes.flatMap((node) => certificatesOfNode(node, now)), ...installers]
  return all.sort((a, b) => Date.parse(a.notAfter) - Date.parse(b.notAfter))
}
