import { expect, test } from 'vitest'
import type { Account, Administrator, ClusterAccess } from '../../domain/records.ts'
import { isOrphaned } from './access-state.ts'

const AT = '2026-01-01T00:00:00.000Z'
const administrators = [
  { name: 'root', revokedAt: null },
  { name: 'former', revokedAt: AT },
  { name: 'renewed', revokedAt: AT },
  { name: 'renewed', revokedAt: null },
] as Administrator[]
const accounts = [
  { name: 'alice', disabledAt: null },
  { name: 'bob', disabledAt: AT },
] as Account[]

test.each([
  ['alice', 'alice', false],
  ['bob', 'root', true],
  ['alice', 'bob', true],
  ['grafana', 'root', false],
  ['grafana', 'deleted', true],
  ['former', 'root', true],
  ['renewed', 'renewed', false],
  ['oidc.carol', 'oidc:carol', false],
  ['token.ci', 'token ci', false],
])('a kubeconfig for %s that %s requested ends with them: %s', (person, issuedBy, isOver) => {
  const access = { user: `cantrip:${person}:0123456789abcdef`, issuedBy } as ClusterAccess
  expect(isOrphaned(access, administrators, accounts)).toBe(isOver)
})
