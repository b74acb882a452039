import { expect, test } from 'vitest'
import { whyNotAny, whyNotApprove, whyNotConfigure } from './why-not.ts'

const node = (name: string, state: 'DISCOVERED' | 'APPROVED' | 'READY') => ({ name, state })

test('a node is approved once, and then configured', () => {
  expect(whyNotApprove(node('m1', 'DISCOVERED'))).toBeUndefined()
  expect(whyNotApprove(node('m1', 'READY'))).toBe('Node m1 is READY; only a DISCOVERED node is approved.')
  expect(whyNotConfigure(node('m1', 'DISCOVERED'))).toBe('Approve node m1 first.')
  expect(whyNotConfigure(node('m1', 'APPROVED'))).toBeUndefined()
})

test('several nodes are approved if one of them can be', () => {
  const nodes = [node('a', 'READY'), node('b', 'DISCOVERED')]
  expect(whyNotAny(nodes, whyNotApprove)).toBeUndefined()
  expect(whyNotAny(nodes.slice(0, 1), whyNotApprove)).toContain('Node a is READY')
  expect(whyNotAny([], whyNotApprove)).toBe('Select nodes in the table first.')
})
