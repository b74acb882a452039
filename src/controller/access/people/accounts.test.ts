import { expect, test } from 'vitest'
import type { Account, UserSession } from '../../domain/identities/record.ts'
import { changeOwnPassword } from './accounts.ts'
import { hashOf } from './secret.ts'

const NOW = new Date('2026-01-31T12:00:00Z')
const own = { id: 's-own', name: 'bob', hash: 'own' } as UserSession
const other = { ...own, id: 's-other', hash: 'other' }
const bob = { name: 'bob', password: 'present', disabledAt: null } as Account

async function changed(sessions: UserSession[]) {
  const committed: object[] = []
  const store = {
    account: async () => bob,
    userSessions: async () => sessions,
    commit: async (changes: readonly object[]) => committed.push(...changes),
  }
  const turns = (_: string, work: () => unknown) => work()
  const ports = { store, turns, now: () => NOW, log() {} } as unknown as Parameters<typeof changeOwnPassword>[0]
  const result = await changeOwnPassword(ports, { name: 'bob', own, before: 'present' }, 'another password').catch(
    (error: unknown) => error,
  )
  return { result, committed }
}

test('a changed password ends all sessions, and the own one goes on with another secret', async () => {
  const { result, committed } = await changed([own, other])
  const { secret } = result as { secret: string }
  expect(committed.slice(1)).toEqual([
    ...['own', 'other'].map((hash) => ({ change: 'remove-user-session', hash })),
    { change: 'add-user-session', session: { ...own, hash: hashOf(secret), lastUsedAt: NOW.toISOString() } },
  ])
})

test('a session that was ended meanwhile does not begin again', async () => {
  const { result, committed } = await changed([other])
  expect(result).toMatchObject({ code: 'session/unknown', message: 'session s-own has ended' })
  expect(committed).toEqual([])
})
