import { expect, test } from 'vitest'
import { nextUrl } from './next-url.ts'

const tries = (urls: string[], worked?: string) =>
  Array.from({ length: 6 }, (_, at) => nextUrl(urls, at, worked)).join('')

test('before the first connection, all are tried in turn', () => {
  expect(tries(['a'])).toBe('aaaaaa')
  expect(tries(['a', 'b', 'c'])).toBe('abcabc')
})

test('after one, the others are tried in turn, and the one that worked has every second turn', () => {
  expect(tries(['a'], 'a')).toBe('aaaaaa')
  expect(tries(['a', 'b'], 'a')).toBe('bababa')
  expect(tries(['a', 'b', 'c'], 'c')).toBe('acbcac')
})

test('one that is no longer in the list has no turn', () => {
  expect(tries(['a', 'b'], 'z')).toBe('ababab')
})
