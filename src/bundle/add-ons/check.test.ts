import { expect, test } from 'vitest'
import { SHOP, SHOP_IMAGE, SHOP_OBJECTS } from '../../../test/support/add-ons/shop.ts'
import { AddOnDescription } from '../../add-ons/format.ts'
import { problemsOf, summaryOf } from './check.ts'

const described = (text: string, count: number, some: object = {}) =>
  AddOnDescription.parse({
    ...{ ...SHOP, format: 1, requires: { slots: [], roles: [] }, images: [SHOP_IMAGE], ports: [], hostPaths: [] },
    ...{ resources: { cpuMilli: 1, memoryBytes: 1 }, objects: summaryOf(text, count), ...some },
  })
const RBAC = 'apiVersion: rbac.authorization.k8s.io/v1'
const CRD = 'apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: x}'
const HOOK = 'apiVersion: admissionregistration.k8s.io/v1\nkind: ValidatingWebhookConfiguration\nmetadata: {name: x}'
const pod = (spec: string) => `apiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: shop}\nspec: {${spec}}`

test.each([
  pod('containers: null'),
  pod('containers: [null]'),
  pod('containers: 5'),
  pod('containers: [{image: 5}]'),
  pod('initContainers: 5'),
  `${RBAC}\nkind: RoleBinding\nmetadata: {name: x, namespace: shop}`,
  `${RBAC}\nkind: ClusterRoleBinding\nmetadata: {name: x}\nroleRef: {kind: ClusterRole}`,
  `${RBAC}\nkind: ClusterRole\nmetadata: {name: x}\nrules: 5`,
  CRD,
  `${CRD}\nspec: {group: example.org, names: {plural: mice, kind: Mouse}, versions: [null]}`,
  `${HOOK}\nwebhooks: [null]`,
])('an object of another shape is a problem: %s', async (object) => {
  const text = `${SHOP_OBJECTS}---\n${object}\n`
  expect(await problemsOf(described(text, 3), text)).toEqual([expect.stringMatching(/x has another shape: /)])
})

test('a value cannot change the shape either', async () => {
  const sets = [{ object: 'apps/Deployment/shop/web', pointer: '/spec/template/spec/containers' }]
  const values = { x: { title: 'x', schema: { type: 'integer' }, default: 5, sets } }
  const problems = await problemsOf(described(SHOP_OBJECTS, 2, { values }), SHOP_OBJECTS)
  expect(problems).toEqual([expect.stringMatching(/Deployment shop\/web has another shape: containers/)])
})

test.each([
  '/kind',
  '/apiVersion',
  '/status',
  '/metadata',
  '/metadata/name',
  '/metadata/namespace',
  '/metadata/labels',
  '/metadata/ownerReferences/0/uid',
])('a value cannot be set at %s', (pointer) => {
  const sets = [{ object: 'apps/Deployment/shop/web', pointer }]
  const values = { replicas: { ...SHOP.values.replicas, sets } }
  expect(() => described(SHOP_OBJECTS, 2, { values })).toThrow(/a value cannot change which object it is/)
})

test('of many problems, the first 20 are named', async () => {
  const text = `${SHOP_OBJECTS}---\n${pod(`containers: [${'{name: a},'.repeat(99)}]`)}\n`
  const problems = await problemsOf(described(text, 3), text)
  expect(problems).toHaveLength(21)
  expect(problems.at(-1)).toBe('and 79 more')
})
