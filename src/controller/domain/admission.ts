import type { X509Certificate } from 'node:crypto'
import { AgentError, type ErrorReport, reportOf } from '../../base/agent-error.ts'
import type { RenderedRemedy } from '../../base/remedy.ts'
import { volumesReason, volumeUuid } from '../../base/text/volume-uuid.ts'
import type { ConfigureRequest } from '../../protocol/api/nodes.ts'
import { remedy } from '../../protocol/api/remedy.ts'
import type { NodeRole } from '../../protocol/names.ts'
import type { ClusterSettings } from '../../protocol/settings/cluster-settings.ts'
import type { Administrator, CredentialSet } from './identities/record.ts'
import type { Cluster, Node } from './records.ts'

export function refusal(code: string, message: string, fix: string | RenderedRemedy): AgentError {
  return new AgentError(code, message, { ...(typeof fix === 'string' ? { fix } : fix), kind: 'refused' })
}

/** The error for a request that this problem prevents. */
export const refusalFor = (problem: ErrorReport): AgentError =>
  new AgentError(problem.code, problem.message, { ...problem, kind: 'refused' })

/** A request for a cluster that was deleted while it was carried out. */
export const clusterGone = (name: string, fix = 'none needed'): AgentError =>
  refusal('cluster/gone', `cluster ${name} was deleted`, fix)

/** The problem that a check throws, if any. */
export function problemsIn(check: () => void): ErrorReport[] {
  try {
    check()
    return []
  } catch (error) {
    if (!(error instanceof AgentError)) throw error
    return [reportOf(error)]
  }
}

export const MOST_MASTERS = 7

/** A dedicated master runs no workloads. */
export const isContradictory = (
  { dedicatedMasters }: Pick<ClusterSettings, 'dedicatedMasters'>,
  roles: readonly NodeRole[],
): boolean => dedicatedMasters && roles.includes('master') && roles.includes('worker')

/** Throws unless the node can have these roles beside the other nodes of the cluster. */
export function admitRoles(cluster: Cluster, node: Node, others: readonly Node[], roles: readonly NodeRole[]): void {
  const masters = others.filter((other) => other.roles.includes('master') && other.state !== 'REMOVED')
  if (roles.includes('master') && masters.length >= MOST_MASTERS) {
    throw refusal(
      'roles/too-many-masters',
      `cluster ${cluster.name} has ${masters.length} masters; wanted at most ${MOST_MASTERS}: more masters make etcd slower`,
      remedy`${{ do: 'node.configure', node: node.name, roles: ['worker'] }}`,
    )
  }
  if (isContradictory(cluster.settings, roles)) {
    throw new AgentError(
      'roles/contradictory',
      `found roles ${roles.join(',')} in cluster ${cluster.name} with dedicated masters; wanted master alone`,
      { ...remedy`${{ do: 'node.configure', node: node.name, roles: ['master'] }}`, kind: 'invalid' },
    )
  }
}

/** The interface and the address for cluster traffic. Throws if the node has no such interface or address. */
export function admitInterface(
  node: Node,
  wanted: ConfigureRequest['interface'],
): { interface: string; address: string } {
  const interfaces = node.facts?.interfaces ?? []
  const names = interfaces.map(({ name }) => name).join(', ') || 'none'
  const current = interfaces.find(({ addresses }) => addresses.some(({ address }) => address === node.address))
  const found = wanted
    ? interfaces.find(({ name }) => name === wanted)
    : (interfaces.find(({ defaultRoute }) => defaultRoute) ?? current)
  if (!found) {
    throw new AgentError(
      'interface/missing',
      `node ${node.name} has no interface ${wanted ?? 'with a default route'}; it has: ${names}`,
      { ...remedy`${{ do: 'node.configure', node: node.name, choose: ['interface'] }}`, kind: 'invalid' },
    )
  }
  const usable = found.addresses.filter(({ address }) => !/^(fe80:|169\.254\.|127\.|::1$)/.test(address))
  const own = usable.find(({ address }) => address === node.address)
  const address = (own ?? usable.find((each) => each.address.includes('.')) ?? usable[0])?.address
  if (!address) {
    throw new AgentError('interface/no-address', `interface ${found.name} of node ${node.name} has no address`, {
      fix: `assign an address to ${found.name}, or choose another interface: ${names}`,
      kind: 'invalid',
    })
  }
  return { interface: found.name, address }
}

/** What is wrong with the roles and disks of a storage node, whichever node it is. */
export function storageProblem(
  roles: readonly NodeRole[],
  disks: readonly string[],
): Pick<ErrorReport, 'code' | 'message' | 'fix'> | undefined {
  if (!roles.includes('storage')) {
    if (disks.length === 0) return undefined
    const message = `found disks ${disks.join(', ')} without the role storage`
    return { code: 'roles/storage-disks', message, fix: 'add the role storage, or omit the disks' }
  }
  if (!roles.includes('worker')) {
    const message = `found roles ${roles.join(',')}; wanted worker too, because pods use volumes on the node that has them`
    return { code: 'roles/storage-alone', message, fix: 'add the role worker' }
  }
  if (disks.length > 0) return undefined
  const message = 'found the role storage without a disk; wanted at least one'
  return { code: 'roles/storage-disks', message, fix: 'choose empty disks' }
}

type Disks = readonly string[]

/** Throws unless a storage node has disks, which exist and are unused, or are its own already, or have its volumes from before. */
export function admitDisks(cluster: Cluster, node: Node, roles: readonly NodeRole[], disks: Disks): void {
  const usable = node.facts?.disks.filter((disk) => disk.usableForStorage).map((disk) => disk.device) ?? []
  const problem = storageProblem(roles, disks)
  if (problem) {
    const names = `; usable on ${node.name}: ${usable.join(', ') || 'none, add an empty disk'}`
    const isMissing = problem.code === 'roles/storage-disks' && disks.length === 0
    const fix = isMissing ? `${problem.fix} with --disk${names}` : problem.fix
    throw new AgentError(problem.code, problem.message, { fix, kind: 'invalid' })
  }
  for (const device of disks) {
    const found = node.facts?.disks.find((disk) => disk.device === device)
    const own = volumesReason(volumeUuid(cluster.id, node.name, device))
    if (found?.usableForStorage || node.disks.includes(device) || found?.reason === own) continue
    const why = found ? `cannot be used: ${found.reason}` : 'does not exist'
    throw new AgentError('disk/unusable', `disk ${device} of node ${node.name} ${why}`, {
      fix: `${usable.length > 0 ? `choose one of: ${usable.join(', ')}` : 'add an empty disk to the node'}; if you changed its disks: sudo systemctl restart cantrip-agent on the node, which reports them again`,
      kind: 'invalid',
    })
  }
}

/** Other nodes that were ever approved with the name of this one, and not removed since. */
export function holdersOf(nodes: readonly Node[], node: Pick<Node, 'id' | 'name'>): Node[] {
  return nodes.filter(
    ({ id, name, state, approvedAt }) =>
      name === node.name && id !== node.id && state !== 'REMOVED' && approvedAt !== null,
  )
}

/** So many approved nodes without a role; further ones wait for an administrator, who may not know of any of them. */
const MOST_AUTOMATIC = 100

/** How many more nodes can be approved without a person. */
export const roomForAutomatic = (nodes: readonly Node[]): number =>
  MOST_AUTOMATIC - nodes.filter(({ state, roles }) => state === 'APPROVED' && roles.length === 0).length

/** Whether the controller still accepts it: only one that is `valid`. */
export function validityOf(
  { revokedAt, expiresAt }: Pick<Administrator, 'revokedAt' | 'expiresAt'>,
  now: Date,
): 'valid' | 'expired' | 'revoked' {
  if (revokedAt !== null) return 'revoked'
  return Date.parse(expiresAt) > now.getTime() ? 'valid' : 'expired'
}

/** The state of a certificate. `trustedSince`: when the oldest trusted CA was created. */
export function certificateState(
  certificate: Pick<Administrator, 'revokedAt' | 'expiresAt' | 'createdAt'>,
  now: Date,
  trustedSince: Date,
): 'valid' | 'expired' | 'revoked' | 'former-ca' {
  const validity = validityOf(certificate, now)
  const isFormer = Date.parse(certificate.createdAt) < trustedSince.getTime()
  return validity === 'valid' && isFormer ? 'former-ca' : validity
}

export const isUsedUp = ({ maxNodes, enrolled }: Pick<CredentialSet, 'maxNodes' | 'enrolled'>): boolean =>
  maxNodes !== null && enrolled >= maxNodes

/** Whether a machine that has the token of the join command can fetch the set, or why not. */
export function offerState(set: CredentialSet, now: Date): 'valid' | 'expired' | 'revoked' | 'used-up' {
  const validity = validityOf({ revokedAt: set.revokedAt, expiresAt: set.offer?.expiresAt ?? set.expiresAt }, now)
  return validity === 'valid' && isUsedUp(set) ? 'used-up' : validity
}

/**
 * The set of credentials that a certificate belongs to. An earlier build issued one set for each cluster, and did not record its number: a
 * certificate from the time of that set, which no other set has, is of that one. Undefined after the restore of a backup that is older
 * than the certificate.
 */
export function setOf(
  { credentials }: Pick<Cluster, 'credentials'>,
  { serialNumber, validFromDate }: Pick<X509Certificate, 'serialNumber' | 'validFromDate'>,
): CredentialSet | undefined {
  const isOf = ({ serial, createdAt }: CredentialSet) =>
    serial === null && validFromDate.getTime() <= Date.parse(createdAt)
  return credentials.find(({ serial }) => serial === serialNumber) ?? credentials.find(isOf)
}
