import { expect, test } from 'vitest'
import type { NodeView } from '../../../protocol/api/nodes.ts'
import { listWith } from './node-lists.ts'

const node = (id: string, state: NodeView['state'] = 'READY') => ({ id, state, cluster: 'demo' }) as NodeView
const LIST = [node('a'), node('b')]

test('a node is replaced in its place, added at the end, and removed', () => {
  expect(listWith(LIST, { id: 'a', node: node('a', 'FAILED'), of: null })).toEqual([node('a', 'FAILED'), node('b')])
  expect(listWith(LIST, { id: 'c', node: node('c'), of: 'demo' })).toEqual([...LIST, node('c')])
  expect(listWith(LIST, { id: 'b', node: node('b', 'REMOVED'), of: null })).toEqual([node('a')])
  expect(listWith(LIST, { id: 'b', node: undefined, of: null })).toEqual([node('a')])
})

test('a node of another cluster is not added', () => {
  expect(listWith(LIST, { id: 'c', node: node('c'), of: 'other' })).toBe(LIST)
})
