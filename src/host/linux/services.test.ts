import { expect, test } from 'vitest'
import { parseUnitState } from './services.ts'

test.each([
  ['UnitFileState=enabled\nActiveState=active\n', { enabled: true, active: true }],
  ['ActiveState=failed\nUnitFileState=disabled\n', { enabled: false, active: false }],
  ['UnitFileState=\nActiveState=inactive\n', { enabled: false, active: false }],
  ['UnitFileState=static\nActiveState=activating\n', { active: true }],
  ['UnitFileState=masked\nActiveState=inactive\n', { active: false }],
])('%j', (text, state) => {
  expect(parseUnitState(text)).toEqual(state)
})
