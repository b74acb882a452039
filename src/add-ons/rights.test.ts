import { expect, test } from 'vitest'
import { rightsFor } from './rights.ts'

const RBAC = 'rbac.authorization.k8s.io'
const object = (apiVersion: string, kind: string, name: string, namespace?: string, rest: object = {}) => ({
  ...{ apiVersion, kind, metadata: { name, ...(namespace !== undefined && { namespace }) } },
  ...rest,
})
const roleRef = { apiGroup: RBAC, kind: 'ClusterRole', name: 'view' }

test('objects can be read, changed and deleted by name, and created by kind', () => {
  const { cluster, namespaces } = rightsFor([
    object('v1', 'ConfigMap', 'b', 'shop'),
    object('v1', 'ConfigMap', 'a', 'shop'),
    object('networking.k8s.io/v1', 'NetworkPolicy', 'deny', 'shop'),
    object('networking.k8s.io/v1', 'IngressClass', 'web'),
  ])
  expect(namespaces.shop).toEqual([
    { apiGroups: [''], resources: ['configmaps'], resourceNames: ['a', 'b'], verbs: ['get', 'patch', 'delete'] },
    { apiGroups: [''], resources: ['configmaps'], verbs: ['create'] },
    {
      ...{ apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'] },
      ...{ resourceNames: ['deny'], verbs: ['get', 'patch', 'delete'] },
    },
    { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['create'] },
  ])
  expect(cluster.map(({ resources }) => resources)).toEqual([['ingressclasses'], ['ingressclasses']])
})

test('rights are given only by roles that are named, and those of own roles are held', () => {
  const held = { apiGroups: [''], resources: ['pods'], verbs: ['watch'] }
  const { cluster, namespaces } = rightsFor([
    object(`${RBAC}/v1`, 'ClusterRole', 'collector', undefined, { rules: [held] }),
    object(`${RBAC}/v1`, 'ClusterRole', 'sum', undefined, { rules: null, aggregationRule: {} }),
    object(`${RBAC}/v1`, 'Role', 'local', 'shop', { rules: [held] }),
    object(`${RBAC}/v1`, 'ClusterRoleBinding', 'collector', undefined, { roleRef: { ...roleRef, name: 'collector' } }),
    object(`${RBAC}/v1`, 'RoleBinding', 'viewer', 'shop', { roleRef }),
  ])
  const special = [...cluster, ...(namespaces.shop ?? [])].filter(({ verbs }) => /escalate|bind/.test(verbs.join()))
  expect(special).toEqual([
    { apiGroups: [RBAC], resources: ['clusterroles'], resourceNames: ['sum'], verbs: ['escalate'] },
    { apiGroups: [RBAC], resources: ['clusterroles'], resourceNames: ['collector'], verbs: ['bind'] },
    { apiGroups: [RBAC], resources: ['clusterroles'], resourceNames: ['view'], verbs: ['bind'] },
  ])
  expect(cluster).toContainEqual(held)
  expect(namespaces.shop).toContainEqual(held)
})

test('what keeps objects from being deleted can be listed', () => {
  const { cluster, namespaces } = rightsFor([
    object('v1', 'Namespace', 'shop'),
    object('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'mice.example.org', undefined, {
      spec: { group: 'example.org', names: { plural: 'mice', kind: 'Mouse' } },
    }),
    object('example.org/v1', 'Mouse', 'one', 'shop'),
    object('apps/v1', 'Deployment', 'web', 'shop'),
  ])
  expect(cluster).toContainEqual({ apiGroups: ['example.org'], resources: ['mice'], verbs: ['list'] })
  expect(namespaces.shop).toContainEqual({ apiGroups: ['*'], resources: ['*'], verbs: ['list'] })
  expect(namespaces.shop).toContainEqual({
    ...{ apiGroups: ['autoscaling'], resources: ['horizontalpodautoscalers'], verbs: ['list'] },
  })
  expect(namespaces.shop?.flatMap(({ resources }) => resources)).toContain('mice')
})

test('no rule allows to change everything', () => {
  const all = [object('v1', 'Namespace', 'shop'), object('apps/v1', 'Deployment', 'web', 'shop')]
  const { cluster, namespaces } = rightsFor(all)
  const wide = [...cluster, ...Object.values(namespaces).flat()].filter(
    ({ resourceNames, verbs }) =>
      resourceNames === undefined && verbs.some((verb) => !['create', 'list'].includes(verb)),
  )
  expect(wide).toEqual([])
})
