import { expect, it } from 'vitest'
import { resolve } from './resolve.ts'

const all = [
  { id: 'n-aaaa', name: 'web' },
  { id: 'n-bbbb', name: 'web-2' },
  { id: 'n-cccc', name: 'db' },
  { id: 'n-dddd', name: 'twin' },
  { id: 'n-eeee', name: 'twin' },
]

it.each([
  ['web', 'n-aaaa'],
  ['web-', 'n-bbbb'],
  ['d', 'n-cccc'],
  ['n-c', 'n-cccc'],
  ['n-dddd', 'n-dddd'],
])('%s is %s', (query, id) => {
  expect(resolve('node', query, all).id).toBe(id)
})

it('names at most ten of many', () => {
  const many = Array.from({ length: 2_300 }, (_, at) => ({ id: `n-${at}`, name: `web-${at}` }))
  for (const query of ['x', 'web-'])
    expect(() => resolve('node', query, many)).toThrow(
      expect.objectContaining({ message: expect.stringMatching(/web-9 \(n-9\) and 2290 more$/) }),
    )
})

it.each([
  ['we', 'node/ambiguous', 'web (n-aaaa), web-2 (n-bbbb)'],
  ['twin', 'node/ambiguous', 'twin (n-dddd), twin (n-eeee)'],
  ['x', 'node/unknown', 'no node x; found: web (n-aaaa)'],
])('%s is refused', (query, code, message) => {
  expect(() => resolve('node', query, all)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message), kind: 'invalid' }),
  )
})
