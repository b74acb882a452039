import { expect, test } from 'vitest'
import { errorPage } from './error-page.ts'

test('codes that the page of error codes has are links', () => {
  expect(errorPage('bundle/none')).toBe('/docs/errors#bundle/none')
})

test.each(['pair/port', 'check/swap', 'disk/full', 'console/failed'])('%s is text', (code) => {
  expect(errorPage(code)).toBeUndefined()
})
