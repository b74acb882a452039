import { expect, test } from 'vitest'
import { shorten } from './shorten.ts'

test('a text that fits is not changed', () => {
  expect(shorten('é'.repeat(50), 100)).toBe('é'.repeat(50))
})

test.each(['a', 'é', '€', '𝄞'])('a text that is too long keeps both ends, in whole characters: %s', (character) => {
  for (let bytes = 20; bytes < 40; bytes++) {
    const short = shorten(`first ${character.repeat(100)} last`, bytes)
    expect(Buffer.byteLength(short)).toBeLessThanOrEqual(bytes)
    expect(short).toMatch(/^first .* … .* last$/u)
    expect(short).not.toContain('\ufffd')
  }
})
