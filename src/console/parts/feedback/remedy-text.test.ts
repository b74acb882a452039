import { expect, test } from 'vitest'
import { pageOf } from './remedy-text.tsx'

test('an action has a page of the console, if there is one and its cluster is known', () => {
  expect(pageOf({ do: 'cluster.reset', cluster: 'demo' })?.to).toBe('/clusters/demo/settings')
  expect(pageOf({ do: 'cluster.reset' })).toBeUndefined()
  expect(pageOf({ do: 'node.list' })?.to).toBe('/nodes')
  expect(pageOf({ do: 'shell', command: 'systemctl restart x' })).toBeUndefined()
  expect(pageOf({ do: 'bundle.import' })).toBeUndefined()
})
