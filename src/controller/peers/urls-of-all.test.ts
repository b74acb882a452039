import { expect, test } from 'vitest'
import { urlsOfAll } from './urls-of-all.ts'

const row = (urls: unknown) => ({ urls: urls as string[] })

test('own URLs come first, each once', () => {
  const others = [row(['https://b:8443', 'https://c:8443']), row(['https://a:8443'])]
  expect(urlsOfAll(['https://a:8443'], others)).toEqual(['https://a:8443', 'https://b:8443', 'https://c:8443'])
})

test('at most 16', () => {
  const others = [row(Array.from({ length: 20 }, (_, at) => `https://b${at}:8443`))]
  expect(urlsOfAll(['https://a:8443'], others)).toHaveLength(16)
})

test.each([
  ['in clear', ['http://b:8443']],
  ['that is none', ['b', '', 7, null]],
  ['that is too long', [`https://${'b'.repeat(3_000)}`]],
  ['list that is none', 'https://b:8443'],
  ['list that is missing', null],
])('what another has registered is ignored if agents could not use it: a URL %s', (_, urls) => {
  expect(urlsOfAll(['https://a:8443'], [row(urls), row(['https://c:8443'])])).toEqual([
    'https://a:8443',
    'https://c:8443',
  ])
})

test('only scheme, host and port of another are taken', () => {
  expect(urlsOfAll([], [row(['https://user:secret@b:8443/path?query', 'https://b\n:8443/\u001b[31m'])])).toEqual([
    'https://b:8443',
  ])
})
