import { expect, test } from 'vitest'
import type { Grant } from '../../../protocol/api/access.ts'
import { isAllowed } from '../../../protocol/api/people/permissions.ts'
import type { ClusterRole } from '../../../protocol/names.ts'
import { WANTED_FOR } from '../../access/people/grants.ts'
import type { Account, Administrator, ApiToken, ClusterAccess } from '../../domain/identities/record.ts'
import { isOrphaned, type People } from './access-state.ts'

const AT = '2026-01-01T00:00:00.000Z'
const LATER = '2026-02-01T00:00:00.000Z'
const blue = (role: Grant['role']): Grant[] => [{ role, project: 'blue' }]
const token = { account: null, grants: blue('operator'), expiresAt: LATER, revokedAt: null }
const people = {
  administrators: [
    { name: 'root', revokedAt: null },
    { name: 'former', revokedAt: AT },
    { name: 'renewed', revokedAt: AT },
    { name: 'renewed', revokedAt: null },
  ] as Administrator[],
  accounts: [
    { name: 'alice', disabledAt: null, grants: blue('operator') },
    { name: 'viewer', disabledAt: null, grants: blue('viewer') },
    { name: 'bob', disabledAt: AT, grants: blue('operator') },
  ] as Account[],
  tokens: [
    { ...token, name: 'ci' },
    { ...token, name: 'old', revokedAt: AT },
    { ...token, name: 'expired', expiresAt: AT },
    { ...token, name: 'of-viewer', account: 'viewer' },
    { ...token, name: 'of-bob', account: 'bob', grants: blue('viewer') },
  ] as ApiToken[],
} satisfies People
const permits = (grants: readonly Grant[], role: ClusterRole, project: string) =>
  isAllowed(grants, WANTED_FOR[role], project)

function isOver(person: string, issuedBy: string, role: ClusterRole, project = 'blue'): boolean {
  const access = { user: `cantrip:${person}:0123456789abcdef`, issuedBy, role } as ClusterAccess
  return isOrphaned(access, project, people, permits, new Date('2026-01-15T00:00:00.000Z'))
}

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
  ['token.old', 'token old', true],
  ['token.expired', 'token expired', true],
  ['token.of-bob', 'token of-bob', true],
  ['token.none', 'token none', true],
])('a kubeconfig for %s that %s requested ends with them: %s', (person, issuedBy, expected) => {
  expect(isOver(person, issuedBy, 'view')).toBe(expected)
})

test('a kubeconfig ends when who requested it loses the permission that its role wants', () => {
  expect([isOver('alice', 'alice', 'edit'), isOver('alice', 'alice', 'admin')]).toEqual([false, true])
  expect([isOver('viewer', 'viewer', 'view'), isOver('viewer', 'viewer', 'edit')]).toEqual([false, true])
  expect(isOver('token.of-viewer', 'token of-viewer', 'edit')).toBe(true)
  // The cluster is in another project now.
  expect([isOver('alice', 'alice', 'view', 'red'), isOver('alice', 'root', 'admin', 'red')]).toEqual([true, false])
})
