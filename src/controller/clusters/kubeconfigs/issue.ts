import { X509Certificate } from 'node:crypto'
import { AgentError } from '../../../base/agent-error.ts'
import { clusterUser, readCsr } from '../../../pki/csr.ts'
import type { IssuedKubeconfig, KubeconfigRequest } from '../../../protocol/api/identities/kubeconfigs.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import { MAX_ACCESSES } from '../../../protocol/wire/operation.ts'
import { refusal } from '../../domain/admission.ts'
import type { ClusterAccess } from '../../domain/identities/record.ts'
import type { Cluster } from '../../domain/records.ts'
import type { HasLog, HasTurns } from '../../ports.ts'
import { accessView, isPast } from './access-state.ts'
import { changeAccesses } from './change.ts'
import { type Asking, mastersIn } from './masters.ts'

type Ports = Asking & HasTurns & HasLog

/**
 * Has a master of the cluster sign a certificate for the person. It is recorded first, so that it can be revoked whatever happens
 * then; the record has no secret. `by`: who asks, and has the key.
 */
export async function issueKubeconfig(
  ports: Ports,
  cluster: Cluster,
  { person, role, seconds, csr }: KubeconfigRequest & { person: string },
  by: string,
): Promise<IssuedKubeconfig> {
  const user = checkedUser(cluster, csr, person)
  const { connected, all } = await mastersIn(ports, cluster)
  const { endpoint } = cluster
  if (connected.length === 0 || endpoint === null) throw noMaster(cluster)
  const now = ports.now()
  const expiresAt = new Date(now.getTime() + seconds * 1_000).toISOString()
  const blank = { revokedAt: null, revokedBy: null, isBound: true }
  const access: ClusterAccess = { user, role, createdAt: now.toISOString(), expiresAt, issuedBy: by, ...blank }
  await changeAccesses(ports, cluster, (accesses) => {
    const kept = accesses.filter((each) => each.user !== user && !isPast(each, now))
    if (kept.length >= MAX_ACCESSES) throw tooMany(cluster)
    return [...kept, access]
  })
  // It may have been revoked meanwhile, which stays; then the keeper deletes what the master bound.
  const settle = (to: (each: ClusterAccess) => Partial<ClusterAccess>) =>
    changeAccesses(ports, cluster, (all) =>
      all.map((each) => (each.user === user ? { ...each, ...to(each), isBound: true } : each)),
    )
  try {
    const asked = await ports.operations.ask(ports, connected, { operation: 'grant-access', user, role, csr, seconds })
    if (asked?.answer.outcome !== 'done' || !asked.answer.signed) throw notSigned(cluster, asked)
    const { certificate, ca } = asked.answer.signed
    const signedUntil = new X509Certificate(certificate).validToDate.toISOString()
    await settle(() => ({ expiresAt: signedUntil }))
    ports.log(`${by} got a kubeconfig of cluster ${cluster.name} for ${person}, role ${role}, user ${user}`)
    const shown = accessView({ ...access, expiresAt: signedUntil }, undefined, now)
    return { access: shown, certificate, ca, endpoint, masters: all }
  } catch (error) {
    // The answer may have been lost after the master bound the user.
    await settle(({ revokedAt }) => ({ revokedAt: revokedAt ?? now.toISOString(), revokedBy: by }))
    throw error
  }
}

function checkedUser({ name }: Cluster, csr: string, person: string): string {
  const { publicKey, onlyName } = readCsr(csr)
  const user = clusterUser(person, publicKey)
  if (onlyName === user) return user
  const found = `found a certificate request for ${onlyName ?? 'more than a common name'}; wanted the subject CN=${user} alone`
  throw refusal(
    'kubeconfig/wrong-subject',
    found,
    remedy`request it with: ${{ do: 'cluster.kubeconfig', cluster: name }}`,
  )
}

function noMaster({ name }: Cluster): AgentError {
  const found = `no master of cluster ${name} is connected that runs its API`
  const fix = remedy`check its masters: ${{ do: 'cluster.show', cluster: name }}`
  return new AgentError('kubeconfig/no-master', found, { ...fix, kind: 'unreachable' })
}

function tooMany({ name }: Cluster): AgentError {
  const fix = remedy`revoke some, or wait until they expire: ${{ do: 'cluster.access', cluster: name }}`
  return refusal('kubeconfig/too-many', `cluster ${name} already has ${MAX_ACCESSES} kubeconfigs`, fix)
}

type Asked = Awaited<ReturnType<Ports['operations']['ask']>>

function notSigned(cluster: Cluster, asked: Asked): AgentError {
  if (!asked) return noMaster(cluster)
  const { master, answer } = asked
  if (answer.outcome === 'failed') {
    const { code, message, fix } = answer.error
    return new AgentError(code, `master ${master.name}: ${message}`, { fix })
  }
  const waits = answer.outcome === 'not-yet' ? answer.waitingFor : `master ${master.name} to answer with a certificate`
  const fix = remedy`try again, or see: ${{ do: 'cluster.show', cluster: cluster.name }}`
  return new AgentError('kubeconfig/not-yet', `the certificate waits for ${waits}`, { ...fix, kind: 'unreachable' })
}
