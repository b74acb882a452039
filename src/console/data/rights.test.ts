import { expect, test } from 'vitest'
import { whyNot } from './rights.ts'

const APPROVER = [{ role: 'approver', project: 'berlin' }] as const

test('names the role that is missing, and where', () => {
  expect(whyNot(APPROVER, 'approve', 'berlin')).toBeUndefined()
  expect(whyNot(APPROVER, 'view', 'any')).toBeUndefined()
  expect(whyNot(APPROVER, 'operate', 'berlin')).toBe(
    'You need the role operator or admin in project berlin. Ask an administrator.',
  )
  expect(whyNot(APPROVER, 'approve', 'paris')).toContain('in project paris')
  expect(whyNot(APPROVER, 'administrate', null)).toBe('You need the role admin for everything. Ask an administrator.')
})

test('an admin of everything may do everything', () => {
  expect(whyNot([{ role: 'admin', project: null }], 'administrate', null)).toBeUndefined()
})
