import { expect, it } from 'vitest'
import { Operation, OperationAnswer, serializeOperation } from './operation.ts'
import { OPERATION_KEYS } from './released-names.ts'

const common = { id: 'e-aaaaaaaaaa', node: 'n-aaaaaaaaaa', expiresAt: '2026-06-01T12:00:00.000Z' }
const target = { name: 'w1', address: '10.0.0.9', role: 'worker' } as const

const USER = 'cantrip:alice@example.org:0123456789abcdef'

it.each<Operation>([
  { ...common, operation: 'look-at-etcd' },
  { ...common, operation: 'back-up-etcd' },
  { ...common, operation: 'look-at-backups' },
  { ...common, operation: 'check-backup', backup: 'm1-20260601T120000Z' },
  { ...common, operation: 'retire', target },
  { ...common, operation: 'grant-access', user: USER, role: 'view', csr: 'x', seconds: 600 },
  { ...common, operation: 'revoke-access', users: [USER] },
  { ...common, operation: 'list-access' },
  { ...common, operation: 'cordon', target },
  { ...common, operation: 'cordon-and-drain', target, deadline: '2026-06-01T12:10:00.000Z', onBlocked: 'skip' },
  { ...common, operation: 'uncordon', target, onlyOwn: true },
  { ...common, operation: 'move-leader', target },
  { ...common, operation: 'etcd-status' },
  { ...common, operation: 'check-upgrade', version: 'v1.37.2' },
  { ...common, operation: 'node-labels', label: 'topology.kubernetes.io/zone' },
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

const granting = {
  ...common,
  [OPERATION_KEYS.operation]: 'grant-access',
  user: USER,
  role: 'view',
  csr: 'x',
  seconds: 600,
}

it.each([
  [{}, true],
  [{ seconds: 599 }, false],
  [{ seconds: 604_800 }, true],
  [{ seconds: 604_801 }, false],
  [{ role: 'system:masters' }, false],
  [{ role: 'cluster-admin' }, false],
  [{ user: 'system:admin' }, false],
  [{ user: 'kubernetes-admin' }, false],
  [{ user: 'cantrip:alice' }, false],
  [{ user: 'cantrip:a:b:0123456789abcdef' }, false],
  [{ user: 'cantrip:a/b:0123456789abcdef' }, false],
  [{ groups: ['system:masters'] }, false],
])('access with %j is valid: %s', (changes, isValid) => {
  expect(Operation.safeParse({ ...granting, ...changes }).success).toBe(isValid)
})

it.each([
  [{ outcome: 'done', etcd: [{ name: 'm1', isHealthy: true, isLearner: false }] }, true],
  [{ outcome: 'done', etcd: [{ name: 'm1', isHealthy: true, isLearner: false, isLeader: true, dbBytes: 1 }] }, true],
  [{ outcome: 'not-yet', waitingFor: 'pods' }, true],
  [{ outcome: 'not-yet', waitingFor: 'pods', blocked: { pods: [], isPastDeadline: true } }, true],
  [{ outcome: 'done', findings: [{ level: 'blocks', code: 'a/b', message: 'm', fix: 'f' }] }, true],
  [{ outcome: 'done', findings: [{ level: 'maybe', code: 'a/b', message: 'm', fix: 'f' }] }, false],
])('an answer of this or an earlier agent %j is valid: %s', (answer, isValid) => {
  expect(OperationAnswer.safeParse({ id: common.id, ...answer }).success).toBe(isValid)
})
