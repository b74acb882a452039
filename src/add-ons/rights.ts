import { type KubernetesObject, refOf } from './objects.ts'

/** A rule of a Role or ClusterRole. */
export interface Rule {
  apiGroups?: string[]
  resources?: string[]
  resourceNames?: string[]
  nonResourceURLs?: string[]
  verbs: string[]
}

export interface Rights {
  /** Of a ClusterRole. */
  cluster: Rule[]
  /** Of a Role in each of these namespaces. */
  namespaces: Record<string, Rule[]>
}

const RBAC = 'rbac.authorization.k8s.io'
const SCALED = ['Deployment', 'StatefulSet', 'ReplicaSet']

interface Crd {
  group: string
  names: { plural: string; kind: string }
}

/**
 * What an identity may do that applies these objects, corrects and deletes them: to read, change and delete them by name, to create
 * others of their kinds, because RBAC cannot limit that by name, and to see what must not be deleted. It has the rules of the roles
 * among the objects itself, because nobody can give others more than they have, and may bind to the roles that the bindings name.
 * That is no narrow limit: it can create pods and bindings with any name in its namespaces, and so use any of these roles, and any
 * service account there. The objects must be as they are rendered, so that their shapes are known.
 */
export function rightsFor(objects: readonly KubernetesObject[]): Rights {
  const crds = objects.filter(({ kind }) => kind === 'CustomResourceDefinition').map(({ spec }) => spec as Crd)
  const rights: Rights = { cluster: [], namespaces: {} }
  const namespaces = new Set(objects.flatMap(({ kind, metadata }) => (kind === 'Namespace' ? metadata.name : [])))
  for (const [place, some] of Map.groupBy(objects, ({ metadata }) => metadata.namespace ?? '')) {
    const rules = [...rulesFor(some, crds), ...rulesForRoles(some)]
    if (place === '') rights.cluster.push(...rules)
    else rights.namespaces[place] = [...rules, ...rulesForAutoscalers(some)]
  }
  // A CRD stays if anything of its kind is anywhere, and a namespace if anything is in it.
  for (const { group, names } of crds) rights.cluster.push({ ...rule(group, names.plural), verbs: ['list'] })
  for (const name of namespaces) {
    rights.namespaces[name] = [...(rights.namespaces[name] ?? []), { ...rule('*', '*'), verbs: ['list'] }]
  }
  return rights
}

const rule = (group: string, resource: string) => ({ apiGroups: [group], resources: [resource] })

function rulesFor(objects: readonly KubernetesObject[], crds: readonly Crd[]): Rule[] {
  const kinds = Map.groupBy(objects, (object) => JSON.stringify([refOf(object).group, resourceOf(object, crds)]))
  return [...kinds].flatMap(([key, some]) => {
    const [group, resource] = JSON.parse(key) as [string, string]
    const resourceNames = some.map(({ metadata }) => metadata.name).sort()
    const named = { ...rule(group, resource), resourceNames, verbs: ['get', 'patch', 'delete'] }
    return [named, { ...rule(group, resource), verbs: ['create'] }]
  })
}

/** Nobody can create a role with more rights than their own, or bind to one, without being allowed to. */
function rulesForRoles(objects: readonly KubernetesObject[]): Rule[] {
  const roles = objects.filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole')
  const bound = objects.flatMap(({ kind, roleRef }) =>
    kind === 'RoleBinding' || kind === 'ClusterRoleBinding' ? [roleRef as { kind: string; name: string }] : [],
  )
  // The rules of a role that collects others are not known.
  const collecting = roles.filter(({ aggregationRule }) => aggregationRule !== undefined)
  const escalated = collecting.map(({ kind, metadata }) => ({ kind, name: metadata.name }))
  const own = roles.flatMap(({ rules }) => (rules ?? []) as Rule[])
  return [...own, ...namedRules(escalated, 'escalate'), ...namedRules(bound, 'bind')]
}

function namedRules(roles: readonly { kind: string; name: string }[], verb: string): Rule[] {
  return [...Map.groupBy(roles, ({ kind }) => `${kind.toLowerCase()}s`)].map(([resource, some]) => ({
    ...rule(RBAC, resource),
    resourceNames: [...new Set(some.map(({ name }) => name))].sort(),
    verbs: [verb],
  }))
}

/** What is scaled automatically keeps its replicas. */
function rulesForAutoscalers(objects: readonly KubernetesObject[]): Rule[] {
  const isScaled = objects.some(({ kind }) => SCALED.includes(kind))
  return isScaled ? [{ ...rule('autoscaling', 'horizontalpodautoscalers'), verbs: ['list'] }] : []
}

/** That of the CRD among the objects; otherwise the plural that Kubernetes itself guesses (UnsafeGuessKindToResource). */
function resourceOf(object: KubernetesObject, crds: readonly Crd[]): string {
  const { group, kind } = refOf(object)
  const crd = crds.find((each) => each.group === group && each.names.kind === kind)
  if (crd) return crd.names.plural
  const name = kind.toLowerCase()
  if (name === 'endpoints') return name
  if (name.endsWith('s')) return `${name}es`
  return name.endsWith('y') ? `${name.slice(0, -1)}ies` : `${name}s`
}
