import { expect, it } from 'vitest'
import { Operation, serializeOperation } from './operation.ts'
import { OPERATION_KEYS } from './released-names.ts'

const common = { id: 'e-aaaaaaaaaa', node: 'n-aaaaaaaaaa', expiresAt: '2026-06-01T12:00:00.000Z' }
const target = { name: 'w1', address: '10.0.0.9', role: 'worker' } as const

it.each<Operation>([
  { ...common, operation: 'look-at-etcd' },
  { ...common, operation: 'retire', target },
])('reads what it wrote: %j', (operation) => {
  expect(Operation.parse(JSON.parse(serializeOperation(operation)))).toEqual(operation)
})

it('has the names of released builds on the wire, and no others', () => {
  const released = { ...common, [OPERATION_KEYS.operation]: 'retire', [OPERATION_KEYS.target]: target }
  expect(JSON.parse(serializeOperation({ ...common, operation: 'retire', target }))).toEqual(released)
  expect(Operation.safeParse({ ...common, operation: 'retire', target }).success).toBe(false)
  expect(Operation.safeParse({ ...released, operation: 'retire' }).success).toBe(false)
  expect(Operation.safeParse({ ...released, target }).success).toBe(false)
})

it.each([[null], ['retire'], [[]], [{}]])('takes no %j for an operation', (value) => {
  expect(Operation.safeParse(value).success).toBe(false)
})
