import type { HostView } from '../../host/host.ts'
import { ClusterRole, ClusterUser } from '../../protocol/names.ts'
import { type BoundAccess, MAX_ACCESSES, type Operation } from '../../protocol/wire/operation.ts'
import { notYet, type Outcome } from '../answer.ts'
import { ask, isThere, NO_API } from './ask.ts'

const BINDINGS = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings'
const LABELS = { 'app.kubernetes.io/managed-by': 'cantrip', 'app.kubernetes.io/component': 'access' }
const SELECTOR = Object.entries(LABELS).map((pair) => pair.join('='))

/** ClusterRoles that every cluster has. */
const KUBERNETES_ROLES: Readonly<Record<ClusterRole, string>> = { view: 'view', edit: 'edit', admin: 'cluster-admin' }

interface Binding {
  metadata: { name: string }
  roleRef: { name: string }
  subjects?: { kind: string; name: string }[]
}

/** Server-side apply: a repeated request changes nothing. False if the API does not answer. */
export async function bind(host: HostView, { user, role }: { user: string; role: ClusterRole }): Promise<boolean> {
  const apiGroup = 'rbac.authorization.k8s.io'
  const binding = {
    apiVersion: `${apiGroup}/v1`,
    kind: 'ClusterRoleBinding',
    metadata: {
      name: nameOf(user, role),
      labels: LABELS,
    },
    roleRef: { apiGroup, kind: 'ClusterRole', name: KUBERNETES_ROLES[role] },
    subjects: [{ apiGroup, kind: 'User', name: user }],
  }
  const path = `${BINDINGS}/${nameOf(user, role)}?fieldManager=cantrip&force=true`
  return (await ask(host, 'APPLY', path, binding)) !== undefined
}

/** Deletes every binding of these users that Cantrip made. Nothing to delete is success. */
export async function revokeAccess(
  host: HostView,
  { users }: Operation & { operation: 'revoke-access' },
): Promise<Outcome> {
  const bindings = await readBindings(host)
  if (!bindings) return notYet(NO_API)
  const isMeant = ({ subjects = [] }: Binding) => subjects.some(({ name }) => users.includes(name))
  for (const { metadata } of bindings.filter(isMeant))
    if (!(await ask(host, 'DELETE', `${BINDINGS}/${metadata.name}`))) return notYet(NO_API)
  return { outcome: 'done' }
}

/** The users that are bound, as the API server knows them now. */
export async function listAccess(host: HostView): Promise<Outcome> {
  const bindings = await readBindings(host)
  return bindings ? { outcome: 'done', bound: bindings.flatMap(accessOf).slice(0, MAX_ACCESSES) } : notYet(NO_API)
}

async function readBindings(host: HostView): Promise<Binding[] | undefined> {
  const answer = await ask(host, 'GET', `${BINDINGS}?labelSelector=${encodeURIComponent(SELECTOR.join(','))}`)
  return answer && isThere(answer) ? (JSON.parse(answer.body) as { items: Binding[] }).items : undefined
}

function accessOf({ roleRef, subjects = [] }: Binding): BoundAccess[] {
  const role = ClusterRole.options.find((each) => KUBERNETES_ROLES[each] === roleRef.name)
  const users = subjects.map(({ name }) => name).filter((name) => ClusterUser.safeParse(name).success)
  return role === undefined ? [] : users.map((user) => ({ user, role }))
}

const nameOf = (user: string, role: ClusterRole) => `${user}:${role}`
