import { expect, test } from 'vitest'
import type { Grant } from '../../../protocol/api/access.ts'
import { isAllowed } from '../../../protocol/api/people/permissions.ts'
import { covers } from './grants.ts'

const everywhere = (role: Grant['role']): Grant => ({ role, project: null })
const inBerlin = (role: Grant['role']): Grant => ({ role, project: 'berlin' })

test.each<[Grant, string[]]>([
  [everywhere('viewer'), ['view']],
  [everywhere('operator'), ['view', 'operate']],
  [everywhere('approver'), ['view', 'approve']],
  [everywhere('admin'), ['view', 'operate', 'approve', 'administrate']],
])('%o allows %j', (grant, wanted) => {
  const all = ['view', 'operate', 'approve', 'administrate'] as const
  expect(all.filter((each) => isAllowed([grant], each, 'berlin'))).toEqual(wanted)
  expect(all.filter((each) => isAllowed([grant], each, null))).toEqual(wanted)
  expect(all.filter((each) => isAllowed([{ ...grant, project: 'berlin' }], each, 'berlin'))).toEqual(wanted)
  expect(all.filter((each) => isAllowed([{ ...grant, project: 'berlin' }], each, 'paris'))).toEqual([])
  expect(all.filter((each) => isAllowed([{ ...grant, project: 'berlin' }], each, null))).toEqual([])
})

test('grants cover another one if they have each of its permissions, where it has them', () => {
  expect(covers([everywhere('admin')], inBerlin('admin'))).toBe(true)
  expect(covers([inBerlin('admin')], everywhere('viewer'))).toBe(false)
  expect(covers([inBerlin('operator')], inBerlin('approver'))).toBe(false)
  expect(covers([everywhere('viewer'), inBerlin('operator')], inBerlin('operator'))).toBe(true)
  // All permissions but one.
  expect(covers([inBerlin('operator'), inBerlin('approver')], inBerlin('admin'))).toBe(false)
  expect(covers([], inBerlin('viewer'))).toBe(false)
})
