import { performance } from 'node:perf_hooks'
import { expect, test } from 'vitest'
import { seededRandom } from '../../../test/support/random.ts'
import { namesOf, Pattern, patternMatcher, stepsOf } from './pattern.ts'

test.each([
  ['cp-1', 'cp-1', true],
  ['cp-1', 'cp-10', false],
  ['cp-1', 'xcp-1', false],
  ['cp-[1-3]', 'cp-2', true],
  ['cp-[1-3]', 'cp-4', false],
  ['cp-[13x]', 'cp-x', true],
  ['cp-[13x]', 'cp-2', false],
  ['cp-?', 'cp-9', true],
  ['cp-?', 'cp-', false],
  ['*', 'a.b.c', true],
  ['*', '', true],
  ['*.example.org', 'n1.example.org', true],
  ['*.example.org', 'example.org', false],
  ['a.c', 'abc', false],
  ['n-{1..12}', 'n-1', true],
  ['n-{1..12}', 'n-12', true],
  ['n-{1..12}', 'n-13', false],
  ['n-{1..12}', 'n-01', false],
  ['n-{01..12}', 'n-01', true],
  ['n-{01..12}', 'n-1', false],
  ['n-{1..12}3', 'n-113', true],
  ['n-{1..2}{1..2}', 'n-12', true],
])('%s, compared with %s: %s', (pattern, name, expected) => {
  expect(Pattern.safeParse(pattern).success).toBe(true)
  expect(patternMatcher(pattern)(name)).toBe(expected)
})

test.each([
  '',
  'A',
  'a b',
  'a(b)',
  'a|b',
  '[',
  '[]',
  '[^a]',
  '[a-]',
  '[3-1]',
  '{3..1}',
  '{1..}',
  '{a..b}',
  '(a+)+',
  'ä',
  '\\d',
])('%s is no pattern', (text) => {
  expect(Pattern.safeParse(text).success).toBe(false)
})

test.each([
  ['cp-1', 1],
  ['cp-[1-3]', 3],
  ['[ab]-[1-3]', 6],
  ['n-{001..200}', 200],
  ['n-*', undefined],
  ['n-?', undefined],
])('%s matches %s names', (pattern, count) => {
  expect(namesOf(pattern)).toBe(count)
})

test('no pattern makes the comparison slow', () => {
  const name = 'a'.repeat(253)
  const worst = ['*a'.repeat(126), `${'*'.repeat(250)}b`, `${'{1..99}'.repeat(36)}`, `${'[a-z]*'.repeat(42)}b`]
  const startedMs = performance.now()
  for (const pattern of worst) {
    expect(Pattern.safeParse(pattern).success).toBe(true)
    patternMatcher(pattern)(name)
    patternMatcher(pattern)('1'.repeat(253))
  }
  expect(performance.now() - startedMs).toBeLessThan(1_000)
})

test.each([
  ['cp-1', 4],
  ['rack-7-*', 8],
  ['*.example.org', 1 + 12 * 253],
  ['n-{1..2}x', 3 + 6],
  ['*?'.repeat(126), 1 + 251 * 253],
])('%s takes at most %s steps', (pattern, most) => {
  expect(stepsOf(pattern)).toBe(most)
})

test('a pattern of plain characters, * and ? means what the same regular expression means', () => {
  const random = seededRandom(52)
  const textOf = (alphabet: string) =>
    Array.from({ length: 1 + Math.floor(random() * 6) }, () => alphabet[Math.floor(random() * alphabet.length)]).join(
      '',
    )
  for (let round = 0; round < 3_000; round++) {
    const [pattern, name] = [textOf('ab*?'), textOf('ab')]
    const same = new RegExp(`^${pattern.replaceAll('?', '.').replaceAll(/\*+/g, '.*')}$`)
    expect(patternMatcher(pattern)(name), `${pattern} ${name}`).toBe(same.test(name))
  }
})
