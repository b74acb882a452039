import { expect, test } from 'vitest'
import { isBareProxyUrl, isProxyUrl } from './proxy-url.ts'

test.each<[string, boolean, boolean]>([
  ['http://10.0.0.9:3128', true, true],
  ['http://bob:p%40ss@proxy.example.org', true, true],
  ['http://[fd00::9]:3128/', true, true],
  // As an earlier build may have stored it.
  ['http://proxy:3128/path', true, false],
  ['http://proxy:3128?x', true, false],
  ['http://proxy:3128#x', true, false],
  ['http://pro\nxy:3128', true, false],
  [`http://${'p'.repeat(2_042)}`, true, false],
  ['http://host\\@evil:3128', true, false],
  ['https://proxy:3128', false, false],
  ['http://%zz@proxy:3128', false, false],
  ['http://a:%E0%A4@proxy:3128', false, false],
  ['proxy:3128', false, false],
  ['', false, false],
])('%j can be used: %s, and given: %s', (text, isUsable, isBare) => {
  expect([isProxyUrl(text), isBareProxyUrl(text)]).toEqual([isUsable, isBare])
})
