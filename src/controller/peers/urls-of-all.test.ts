import { expect, test } from 'vitest'
import { openUrls } from './urls-of-all.ts'

const row = (urls: unknown) => ({ urls: urls as string[] })
const OWN = ['https://a:8443']
let nowMs = 0
const open = (own = OWN) => openUrls(own, () => new Date(nowMs))

test('own URLs come first, each once', () => {
  const others = [row(['https://b:8443', 'https://c:8443']), row(['https://a:8443'])]
  expect(open()(others)).toEqual(['https://a:8443', 'https://b:8443', 'https://c:8443'])
})

test('at most 16', () => {
  const others = [row(Array.from({ length: 20 }, (_, at) => `https://b${at}:8443`))]
  expect(open()(others)).toHaveLength(16)
})

test('a controller that is down is remembered for a day, after those that are not', () => {
  const urls = open()
  urls([row(['https://b:8443'])])
  nowMs += 3_600_000
  expect(urls([row(['https://c:8443'])])).toEqual(['https://a:8443', 'https://c:8443', 'https://b:8443'])
  expect(urls([row(['https://b:8443']), row(['https://c:8443'])])).toEqual([
    ...['https://a:8443', 'https://b:8443', 'https://c:8443'],
  ])
  nowMs += 23 * 3_600_000
  expect(urls([])).toHaveLength(3)
  nowMs += 2 * 3_600_000
  expect(urls([])).toEqual(OWN)
})

test('whatever is registered, the last ones are remembered', () => {
  const urls = open()
  for (let at = 0; at < 200; at++) urls([row([`https://b${at}:8443`])])
  expect(urls([]).slice(0, 3)).toEqual(['https://a:8443', 'https://b199:8443', 'https://b198:8443'])
})

test.each([
  ['in clear', ['http://b:8443']],
  ['that is none', ['b', '', 7, null]],
  ['that is too long', [`https://${'b'.repeat(3_000)}`]],
  ['list that is none', 'https://b:8443'],
  ['list that is missing', null],
])('what another has registered is ignored if agents could not use it: a URL %s', (_, given) => {
  expect(open()([row(given), row(['https://c:8443'])])).toEqual(['https://a:8443', 'https://c:8443'])
})

test('only scheme, host and port of another are taken', () => {
  expect(open([])([row(['https://user:secret@b:8443/path?query', 'https://b\n:8443/\u001b[31m'])])).toEqual([
    'https://b:8443',
  ])
})
