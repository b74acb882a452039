import { execFileSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { advice, command, independent, inOrder, remarked, together } from './command.ts'

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

test('dependent and independent commands', () => {
  expect(inOrder('a', undefined, 'b')).toBe('a && b')
  expect(independent('a', '', 'b')).toBe('a; b')
  expect(bash(remarked('printf a', "don't mind (this) & that"))).toBe('a')
})

test('a remark with text from a machine stays a comment on one line', () => {
  const line = remarked('printf a', 'it was fuse.sshfs of x\nprintf pwned\r\u2028\x1b[2J')
  expect(line).toBe(String.raw`printf a  # it was fuse.sshfs of x\x0aprintf pwned\x0d\xe2\x80\xa8\x1b[2J`)
  expect(bash(line)).toBe('a')
  expect(bash(together(['printf a', advice('look at x\nprintf pwned')]))).toBe('a')
  expect(together([advice('look at x\ny')])).toBe(String.raw`look at x\x0ay`)
})

test('several fixes in one line: the remarks come last, without duplicates', () => {
  const lines = [remarked('printf a', 'then reboot'), 'printf b', remarked('printf c', 'then reboot'), 'printf b']
  expect(together([...lines, advice('ask around')])).toBe('printf a; printf b; printf c  # then reboot; ask around')
})

test('a word that looks like a remark stays quoted', () => {
  const names = ['/home/u/a  # b', '/home/u/;printf pwned;', `/it's  # c`, '  #  # d\n', "  # '"]
  const line = together(names.map((name) => remarked(command`printf '<%s>' ${name}`, 'as it was')))
  expect(bash(line)).toBe(names.map((name) => `<${name}>`).join(''))
  expect(line.split('  # ')).toHaveLength(2)
})
