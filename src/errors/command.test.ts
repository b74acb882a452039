import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { command, independent, inOrder, remarked } from './command.ts'

const bash = (line: string) =>
  execFileSync('bash', ['-c', line], { encoding: 'utf8', env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' } })

test.each([
  ['plain-1.2/a_b'],
  ['two words'],
  ['*?[a-z]{1,2}~'],
  ['(a) & b | c ; d > e < f'],
  ['$HOME `id` $(id) !x'],
  [`it's "quoted" \\ and \\x41`],
  [`one\nline\ttab 'quote' \\ \x1b[31m`],
  ['\u202eright to left, \u2028 a line'],
  ['#no comment'],
  ['=x'],
  [''],
])('%j stays one word', (word) => {
  const line = command`printf %s ${word}`
  expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u)
  expect(bash(line)).toBe(word)
  expect(bash(command`printf '[%s]' ${[word, 'b c']}`)).toBe(`[${word}][b c]`)
})

test('literal text keeps its backslashes', () => {
  expect(command`sed -E 's/\s+/ /' ${'/a b'}`).toBe(String.raw`sed -E 's/\s+/ /' '/a b'`)
})

test('commands that depend on one another, and those that do not', () => {
  expect(inOrder('a', undefined, 'b')).toBe('a && b')
  expect(independent('a', '', 'b')).toBe('a; b')
  expect(bash(remarked('printf a', "don't mind (this) & that"))).toBe('a')
})
