import { expect, test } from 'vitest'
import { whyNotTo } from './upgrade-choices.ts'

test('only later versions with a bundle are possible', () => {
  expect(whyNotTo('v1.36.2', 'v1.35.1', ['x64'])).toBeUndefined()
  expect(whyNotTo('v1.37.0', 'v1.35.1', ['x64'])).toBeUndefined()
  expect(whyNotTo('v1.35.1', 'v1.35.1', ['x64'])).toContain('has this version')
  expect(whyNotTo('v1.34.9', 'v1.35.1', ['x64'])).toContain('earlier')
  expect(whyNotTo('v2.0.0', 'v1.35.1', ['x64'])).toContain('major')
  expect(whyNotTo('v1.36.2', 'v1.35.1', [])).toContain(
    'controller bundle import FILE_OR_DIRECTORY --data DATA_DIRECTORY',
  )
})
