import { expect, test } from 'vitest'
import { ROUTES } from '../../protocol/api/routes.ts'
import { methodsAt } from './request-parts.ts'

test.each([
  ['/v1/clusters', ['GET', 'HEAD', 'POST']],
  ['/v1/clusters/demo', ['GET', 'HEAD', 'DELETE']],
  ['/v1/clusters/demo/provision', ['POST']],
  ['/v1/enrol/SHA256:a/b', ['GET', 'HEAD']],
  ['/openapi.json', ['GET', 'HEAD']],
  ['/openapi-json', []],
  ['/v1/clusters/demo/none', []],
])('methods at %s', (path, methods) => expect(methodsAt(Object.values(ROUTES), path)).toEqual(methods))
