import { expect, it } from 'vitest'
import { parseRange } from './range.ts'

const part = (start: number, end: number) => ({ kind: 'part', start, end })

it.each([
  [undefined, { kind: 'all' }],
  ['bytes=0-', part(0, 99)],
  ['bytes=10-19', part(10, 19)],
  ['bytes=90-500', part(90, 99)],
  ['bytes=-10', part(90, 99)],
  ['bytes=-500', part(0, 99)],
  ['bytes=-0', { kind: 'unsatisfiable' }],
  ['bytes=100-', { kind: 'unsatisfiable' }],
  ['bytes=20-10', { kind: 'all' }],
  ['bytes=0-1,5-6', { kind: 'all' }],
  ['items=0-1', { kind: 'all' }],
  ['bytes=-', { kind: 'all' }],
])('reads %s', (header, range) => {
  expect(parseRange(header, 100)).toEqual(range)
})
