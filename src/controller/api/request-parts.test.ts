import { expect, test } from 'vitest'
import { clusterRoutes } from '../../protocol/api/clusters.ts'
import { ROUTES } from '../../protocol/api/routes.ts'
import { compileSchema, methodsAt } from './request-parts.ts'

test.each([
  ['/v1/clusters', ['GET', 'HEAD', 'POST']],
  ['/v1/clusters/demo', ['GET', 'HEAD', 'DELETE']],
  ['/v1/clusters/demo/provision', ['POST']],
  ['/v1/enrol/SHA256:a/b', ['GET', 'HEAD']],
  ['/openapi.json', ['GET', 'HEAD']],
  ['/openapi-json', []],
  ['/v1/clusters/demo/none', []],
])('methods at %s', (path, methods) => expect(methodsAt(Object.values(ROUTES), path)).toEqual(methods))

test.each<[object, string]>([
  [{ sort: '-age' }, 'sort: Invalid option: expected one of "name"|"state"|"project"|"-name"|"-state"|"-project"'],
  [{ limit: '501' }, 'limit: Too big: expected number to be <=500'],
  [{ fields: 'colour' }, 'fields: Invalid string: must match pattern /^(id|name|'],
])('what is wrong with the query %j is said', (query, message) => {
  const parse = compileSchema({
    schema: clusterRoutes.listClusters.query,
    httpPart: 'querystring',
    method: '',
    url: '',
  })
  expect(parse(query)).toMatchObject({ error: { code: 'request/invalid', message: expect.stringContaining(message) } })
})
