import { expect, it } from 'vitest'
import { isDeeper } from './json-depth.ts'

const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth)

it.each([
  [nested(16), false],
  [nested(17), true],
  [`{"a":${nested(15)}}`, false],
  [`{"a":${nested(16)}}`, true],
  [JSON.stringify({ a: '['.repeat(40) }), false],
  [JSON.stringify({ a: `\\"${'['.repeat(40)}` }), false],
  [`${'[]'.repeat(40)}`, false],
])('detects the depth of %s', (json, deeper) => {
  expect(isDeeper(json)).toBe(deeper)
})
