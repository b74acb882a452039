import { expect, test } from 'vitest'
import { isIn, type Scope } from './scope.ts'

test.each<[string, Scope[]]>([
  ['install/agent', ['agent', 'all', 'baked']],
  ['etcd/start-unit', ['kubernetes', 'all', 'baked']],
  ['mend/swap', ['all', 'baked']],
  ['prepare/images', ['all', 'baked']],
  ['bake/agent', ['baked']],
])('%s is undone with %j', (step, scopes) => {
  expect((['kubernetes', 'agent', 'all', 'baked'] as const).filter((scope) => isIn(scope, step))).toEqual(scopes)
})
