import type { X509Certificate } from 'node:crypto'
import { MACHINE_KINDS } from '../../../protocol/api/access.ts'
import { isAllowed, isAllowedSomewhere, PERMISSIONS } from '../../../protocol/api/people/permissions.ts'
import { remedy } from '../../../protocol/api/remedy.ts'
import type { Route } from '../../../protocol/api/route.ts'
import { admitAdministrator } from '../../access/administrators.ts'
import { notPermitted } from '../../access/people/grants.ts'
import { refusal, setOf } from '../../domain/admission.ts'
import type { Cluster } from '../../domain/records.ts'
import { missing } from '../../nodes/find.ts'
import { admitKey, admitLateKey } from '../../nodes/node-certificate.ts'
import { admitOperator } from '../../nodes/operator-certificate.ts'
import type { HasAuthority, HasStore } from '../../ports.ts'
import type { Services } from '../../services.ts'
import { type Identity, type MachineIdentity, RENEW, type UserIdentity } from '../identity.ts'

type Wanted = Pick<Route, 'access' | 'path' | 'inAnyProject'>
type Params = Readonly<Record<string, string>>

/** Refuses whoever the route does not admit, at this moment. */
export async function admit(ports: Services, identity: Identity, route: Wanted, params: Params): Promise<void> {
  if (identity.kind === 'user') await admitUser(ports, identity, route, params)
  else await admitMachine(ports, identity, route)
}

/** Refuses a certificate of the wrong kind, a retired or revoked one, and one of a node or cluster that no longer exists. */
export async function admitMachine(
  ports: Services,
  identity: Identity,
  { access }: Pick<Route, 'access'>,
): Promise<MachineIdentity> {
  if (identity.kind === 'user' || !access.includes(identity.kind)) throw wrongRole(identity, access)
  admitIssuer(ports, identity.certificate)
  const { kind, name, certificate } = identity
  if (kind === 'node') {
    const node = await ports.store.node(name)
    if (!node || node.state === 'REMOVED') {
      const fix = remedy`${{ do: 'shell', command: 'agent uninstall' }}, then install again`
      throw refusal('node/removed', 'an administrator removed this node', fix)
    }
    if (identity.hasExpired) await admitLateKey(ports, node, identity)
    else await admitKey(ports, node, identity)
  } else if (kind === 'operator') await admitOperator(ports, name, identity)
  else admitInstaller(await ports.store.cluster(name), certificate)
  return identity
}

async function admitUser(ports: Services, user: UserIdentity, route: Wanted, params: Params): Promise<void> {
  const wanted = PERMISSIONS.filter((each) => route.access.includes(each))
  if (wanted.length === 0) throw wrongRole(user, route.access)
  if (user.certificate) {
    admitIssuer(ports, user.certificate)
    await admitAdministrator(ports, user.certificate)
  }
  const { grants, name } = user
  if (wanted.some((each) => isAllowed(grants, each, null))) return
  const place = await placeOf(ports, route, params)
  // What a client may not see does not exist for it.
  if (place && !(place.project !== undefined && isAllowed(grants, 'view', place.project))) {
    throw missing(place.kind, place.name)
  }
  const project = place?.project ?? null
  const isInPlace = wanted.some((each) => isAllowed(grants, each, project))
  if (isInPlace || (route.inAnyProject && wanted.some((each) => isAllowedSomewhere(grants, each)))) return
  throw notPermitted(name, wanted, project)
}

/** The cluster or node that the path names, with its project; undefined if it names none. */
async function placeOf(
  { store }: HasStore,
  { path }: Wanted,
  params: Params,
): Promise<{ kind: 'cluster' | 'node'; name: string; project: string | undefined } | undefined> {
  if (path.startsWith('/v1/clusters/{name}')) {
    const name = params.name ?? ''
    return { kind: 'cluster', name, project: (await store.clusterNamed(name))?.project }
  }
  if (!path.startsWith('/v1/nodes/{id}')) return undefined
  const id = params.id ?? ''
  const node = await store.node(id)
  return { kind: 'node', name: id, project: node && (await store.cluster(node.clusterId))?.project }
}

function wrongRole(identity: Identity, access: Route['access']) {
  const own = identity.kind === 'user' ? `the identity of ${identity.name}` : `a certificate of kind ${identity.kind}`
  const kinds = MACHINE_KINDS.filter((each) => access.includes(each))
  const wanted =
    kinds.length > 0 ? `a certificate of kind ${kinds.join(' or ')}` : 'an administrator, an account or an API token'
  return refusal('identity/wrong-role', `found ${own}; wanted ${wanted}`, `use ${wanted}`)
}

function admitIssuer({ authority }: HasAuthority, certificate: X509Certificate): void {
  if (authority.issuerOf(certificate) !== undefined) return
  const found = 'the CA that issued the certificate is no longer trusted: the keys of the controller were rotated'
  throw refusal('identity/former-ca', found, RENEW)
}

function admitInstaller(cluster: Cluster | undefined, certificate: X509Certificate): void {
  if (!cluster) throw refusal('cluster/gone', 'the cluster of this certificate was deleted', 'create another cluster')
  const set = setOf(cluster, certificate)
  const fix = remedy`on the controller: ${{ do: 'creds.renew', cluster: cluster.name }}; then copy both files to this machine`
  if (!set) {
    const found = `the controller does not know these credentials of cluster ${cluster.name}: they were issued after the backup that was restored`
    throw refusal('identity/unknown', found, fix)
  }
  if (set.revokedAt === null) return
  throw refusal('identity/revoked', `credentials ${set.name} of cluster ${cluster.name} were revoked`, fix)
}
