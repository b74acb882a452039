import { expect, test } from 'vitest'
import { type Claims, personOf } from './person.ts'
import type { OidcSettings } from './settings.ts'

const SETTINGS: OidcSettings = {
  ...{ issuer: 'https://id.example', clientId: 'cantrip', groupsClaim: 'groups', scopes: [] },
  grants: [
    { group: 'ops', role: 'operator', project: 'berlin' },
    { group: 'ops', role: 'approver', project: 'berlin' },
    { group: 'cn=all,dc=example', role: 'viewer', project: null },
    { group: 'staff', role: 'viewer', project: null },
  ],
}
const of = (claims: Partial<Claims>, more: Partial<OidcSettings> = {}) =>
  personOf({ sub: 'id-1', groups: ['staff'], ...claims }, { ...SETTINGS, ...more })

test('every grant of every group, each once', () => {
  const viewer = { role: 'viewer', project: null }
  expect(of({ groups: ['staff', 'cn=all,dc=example', 'other'] }).grants).toEqual([viewer])
  expect(of({ groups: ['ops', 'staff'] }).grants).toHaveLength(3)
  expect(of({ groups: 'staff' }).grants).toEqual([viewer])
  expect(of({ groups: undefined, roles: ['staff'] }, { groupsClaim: 'roles' }).grants).toEqual([viewer])
})

test.each<[string, Partial<Claims>]>([
  ['oidc:alice', { preferred_username: 'alice', email: 'a@b.example', email_verified: true }],
  ['oidc:a@b.example', { email: 'a@b.example', email_verified: true }],
  ['oidc:id-1', { email: 'a@b.example' }],
  ['oidc:id-1', { email: 'a@b.example', email_verified: 'true' }],
  ['oidc:id-1', { preferred_username: 'alice\nroot' }],
  ['oidc:id-1', { preferred_username: 'аlice' }],
  ['oidc:id-1', { preferred_username: 'x'.repeat(101) }],
  ['oidc:id-1', { preferred_username: ['alice'] }],
  ['oidc:id-1', { preferred_username: '' }],
])('the name is %s', (name, claims) => {
  expect(of(claims)).toMatchObject({ name, subject: 'id-1', issuer: 'https://id.example' })
})

test('a claim that was chosen is the only one', () => {
  expect(of({ upn: 'al@corp' }, { usernameClaim: 'upn' }).name).toBe('oidc:al@corp')
  const chosen = { usernameClaim: 'email' }
  expect(() => of({ preferred_username: 'alice' }, chosen)).toThrow(expect.objectContaining({ code: 'login/no-name' }))
  const unverified = { email: 'root@corp', email_verified: false }
  expect(() => of(unverified, chosen)).toThrow(expect.objectContaining({ code: 'login/no-name', kind: 'refused' }))
})

test.each<[Partial<Claims>, string]>([
  [{ groups: ['a', 'b'] }, 'oidc:id-1 has no role: found the groups "a", "b"; none of them has one'],
  [{ groups: [] }, 'found the groups none; none of them has one'],
  [{ groups: ['STAFF', 'staff '] }, 'found the groups "STAFF", "staff "'],
  [{ groups: { staff: true } }, 'found the groups none'],
  [{ groups: ['x\u001b[2J', 7] }, 'found the groups "x [2J"; none'],
  [{ groups: Array.from({ length: 300 }, (_, at) => `g${at}`) }, '"g9" and 290 more; none'],
  [{ groups: undefined }, 'the OIDC provider sent no claim groups'],
])('without a group that has a role: %j', (claims, message) => {
  expect(() => of(claims)).toThrow(
    expect.objectContaining({ code: 'login/no-role', message: expect.stringContaining(message) }),
  )
})
