import { expect, test } from 'vitest'
import { createToken, revokeTokensOf } from './tokens.ts'

type Ports = Parameters<typeof createToken>[0]
const NOW = new Date('2026-01-31T12:00:00Z')
const ADMIN = [{ role: 'admin', project: null }] as const
const ann = { name: 'oidc:ann', grants: ADMIN, account: null, isOfProvider: true }
const bob = { name: 'bob', grants: ADMIN, account: 'bob', isOfProvider: false }

function ports() {
  const tokens = new Map<string, object>()
  const commit = async (changes: readonly Record<string, unknown>[]) => {
    for (const { change, token, hash, to } of changes as {
      change: string
      token: { hash: string }
      hash: string
      to: object
    }[]) {
      if (change === 'add-api-token') tokens.set(token.hash, token)
      else tokens.set(hash, { ...tokens.get(hash), ...to })
    }
    return true
  }
  const store = { commit, apiTokens: async () => [...tokens.values()] }
  const turns = (_: string, work: () => unknown) => work()
  return { store, turns, now: () => NOW, log() {} } as unknown as Ports
}

const asked = (name: string, days?: number) => ({ name, grants: [...ADMIN], days })

test('a token of a person at the OIDC provider ends after 30 days at the latest', async () => {
  const { token } = await createToken(ports(), asked('ci'), ann)
  expect(token.expiresAt).toBe('2026-03-02T12:00:00.000Z')
  await expect(createToken(ports(), asked('ci', 31), ann)).rejects.toMatchObject({ code: 'token/too-long' })
})

test('one of an account can be valid for longer, and ends with it', async () => {
  const { token } = await createToken(ports(), asked('ci', 365), bob)
  expect(token).toMatchObject({ account: 'bob', expiresAt: '2027-01-31T12:00:00.000Z' })
  expect((await createToken(ports(), asked('ci'), bob)).token.expiresAt).toBe('2026-05-01T12:00:00.000Z')
})

test('all tokens of one person are revoked together, and no others', async () => {
  const core = ports()
  for (const [name, owner] of [
    ['a', ann],
    ['b', ann],
    ['c', bob],
  ] as const)
    await createToken(core, asked(name), owner)
  const revoked = await revokeTokensOf(core, 'oidc:ann', 'local')
  expect(revoked.map(({ name, revokedBy }) => [name, revokedBy])).toEqual([
    ['a', 'local'],
    ['b', 'local'],
  ])
  expect(await revokeTokensOf(core, 'oidc:ann', 'local')).toEqual([])
})
