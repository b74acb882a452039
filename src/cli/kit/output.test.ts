import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { structured, table } from './output.ts'

const BAD = [
  '\u001b',
  '\u007f',
  '\u0085',
  '\u009b',
  '\u061c',
  '\u200e',
  '\u200f',
  '\u202e',
  '\u2028',
  '\u2066',
  '\u2069',
]
const value = { bad: BAD.map((character) => `a${character}b`), plain: 'Grüße, 你好' }

test.each(['json', 'yaml'] as const)(
  '%s has no character that controls a terminal, and the same value',
  async (format) => {
    const text = await structured(format, value)
    for (const character of BAD) expect(text.includes(character), JSON.stringify(character)).toBe(false)
    expect(text).toContain('Grüße, 你好')
    expect(format === 'json' ? JSON.parse(text) : parse(text)).toEqual(value)
  },
)

test('a table has none either', () => {
  const text = table(BAD, [{ title: 'X', of: (character) => `a${character}b` }])
  for (const character of BAD) expect(text.includes(character), JSON.stringify(character)).toBe(false)
})
