import { performance } from 'node:perf_hooks'
import { expect, test } from 'vitest'
import { SPEC } from './declaration.ts'
import { patternMatcher } from './pattern.ts'

const accepts = (rules: unknown[]) => SPEC.nodes.schema.safeParse(rules).success
const rule = (match: object) => ({ match, roles: ['worker'] })
const many = <T>(count: number, of: (at: number) => T) => Array.from({ length: count }, (_, at) => of(at))

test('rules that name many machines are accepted, and those that keep the controller busy are not', () => {
  const machineId = (at: number) => at.toString(16).padStart(32, '0')
  expect(accepts(many(1_000, (at) => rule({ hostname: `rack-${at}-*`, machineId: machineId(at) })))).toBe(true)
  expect(accepts(many(300, (at) => rule({ hostname: `*.r${at}.example` })))).toBe(true)
  expect(accepts(many(20, () => rule({ machineId: many(1_000, machineId) })))).toBe(true)
  expect(accepts(many(21, () => rule({ machineId: many(1_000, machineId) })))).toBe(false)
  expect(accepts(many(16, () => rule({ hostname: '*?'.repeat(126) })))).toBe(false)
  const slowest = many(15, () => '*?'.repeat(125))
  expect(accepts([rule({ hostname: slowest })])).toBe(true)
  const matchers = slowest.map(patternMatcher)
  const startedMs = performance.now()
  for (const isIt of matchers) isIt('a'.repeat(253))
  expect(performance.now() - startedMs).toBeLessThan(500)
})

test('no labels are no criterion: every node has them', () => {
  expect(accepts([rule({ label: {} })])).toBe(false)
  expect(accepts([rule({ label: { line: 'a' } })])).toBe(true)
})
