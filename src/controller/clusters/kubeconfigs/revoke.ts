import { AgentError } from '../../../base/agent-error.ts'
import type { AccessView } from '../../../protocol/api/identities/kubeconfigs.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import type { ClusterAccess } from '../../domain/identities/record.ts'
import type { Cluster } from '../../domain/records.ts'
import type { HasLog, HasTurns } from '../../ports.ts'
import { accessViews, isToUnbind, personOf } from './access-state.ts'
import { changeAccesses } from './change.ts'
import { boundIn } from './list.ts'
import { type Asking, mastersIn } from './masters.ts'

type Ports = Asking & HasTurns & HasLog

/**
 * Revokes every kubeconfig of a person. It is recorded at once; if no master answers, the controller repeats it. Also finds those
 * that only the cluster knows, after the restore of an old backup. It is no error if all were revoked before.
 */
export async function revokeKubeconfigs(
  ports: Ports,
  cluster: Cluster,
  person: string,
  by: string,
): Promise<AccessView[]> {
  const bound = (await boundIn(ports, cluster)) ?? []
  const isMeant = ({ user }: { user: string }) => personOf(user) === person
  const unknown = bound.filter((each) => isMeant(each) && cluster.accesses.every(({ user }) => user !== each.user))
  if (unknown.length === 0 && !cluster.accesses.some(isMeant)) {
    const fix = remedy`see who has one: ${{ do: 'cluster.access', cluster: cluster.name }}`
    const found = `${person} has no kubeconfig of cluster ${cluster.name}`
    throw new AgentError('kubeconfig/unknown', found, { ...fix, kind: 'invalid' })
  }
  const at = ports.now().toISOString()
  const revoked = (access: ClusterAccess): ClusterAccess =>
    isMeant(access) && access.revokedAt === null ? { ...access, revokedAt: at, revokedBy: by } : access
  const adopted = unknown.map(({ user, role }) => ({
    ...{ user, role, createdAt: at, expiresAt: at, issuedBy: by, revokedAt: at, revokedBy: by, isBound: true },
  }))
  await changeAccesses(ports, cluster, (accesses) => [...accesses.map(revoked), ...adopted])
  ports.log(`${by} revoked the kubeconfigs of ${person} in cluster ${cluster.name}`)
  await unbind(ports, cluster)
  const after = (await ports.store.cluster(cluster.id))?.accesses ?? []
  return accessViews(after.filter(isMeant), undefined, ports.now())
}

/** Makes a connected master, if there is one, delete the bindings of revoked and expired users. */
export async function unbind(
  ports: Ports,
  { id, name }: Pick<Cluster, 'id' | 'name'>,
): Promise<'done' | 'no-master' | 'failed'> {
  const stored = await ports.store.cluster(id)
  const users = (stored?.accesses ?? []).filter((each) => isToUnbind(each, ports.now())).map(({ user }) => user)
  if (!stored || users.length === 0) return 'done'
  const { connected } = await mastersIn(ports, { id })
  if (connected.length === 0) return 'no-master'
  const asked = await ports.operations.ask(ports, connected, { operation: 'revoke-access', users })
  if (asked?.answer.outcome !== 'done') {
    if (asked?.answer.outcome === 'failed') ports.log(`access to cluster ${name}: ${asked.answer.error.message}`)
    return 'failed'
  }
  await changeAccesses(ports, { id, name }, (accesses) =>
    accesses.map((each) => (users.includes(each.user) ? { ...each, isBound: false } : each)),
  )
  return 'done'
}
