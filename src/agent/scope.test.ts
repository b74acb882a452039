import { expect, test } from 'vitest'
import { isIn, type Scope } from './scope.ts'

test.each<[string, Scope[]]>([
  ['install/agent', ['agent', 'all']],
  ['etcd/start-unit', ['kubernetes', 'all']],
  ['mend/swap', ['all']],
])('%s is undone with %j', (step, scopes) => {
  expect((['kubernetes', 'agent', 'all'] as const).filter((scope) => isIn(scope, step))).toEqual(scopes)
})
