/** What the store knows of administrators and installer credentials, for each backend. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { hashOf } from '../../src/controller/access/people/secret.ts'
import { createLoginCode, exchangeLoginCode } from '../../src/controller/access/people/sessions.ts'
import type { Administrator } from '../../src/controller/domain/identities/record.ts'
import { MIGRATIONS as POSTGRES } from '../../src/controller/store/postgres/schema.ts'
import { MIGRATIONS as SQLITE } from '../../src/controller/store/sqlite/schema.ts'
import { type Database, postgresBackend, sqliteBackend } from '../support/controller/backends.ts'
import { EARLY } from '../support/controller/member.ts'

const alice: Administrator = {
  ...{ serial: '01AB', name: 'alice', createdAt: EARLY, expiresAt: '2027-01-01T00:00:00.000Z', issuedBy: null },
  ...{ lastUsedAt: null, revokedAt: null, revokedBy: null },
}
const before = (migrations: readonly string[]) =>
  migrations.slice(
    0,
    migrations.findIndex((each) => each.includes('CREATE TABLE administrators')),
  )
const EARLIER: Record<string, string> = {
  SQLite: `${before(SQLITE).join('')}; PRAGMA user_version = ${before(SQLITE).length};`,
  PostgreSQL: `${before(POSTGRES).join('')};
    CREATE TABLE schema_version (version bigint NOT NULL); INSERT INTO schema_version VALUES (${before(POSTGRES).length});`,
}

describe.each([sqliteBackend(), postgresBackend()])('$name', (backend) => {
  let database: Database
  beforeAll(() => backend.start())
  afterAll(() => backend.stop())
  beforeEach(async () => {
    database = await backend.database()
  })
  afterEach(() => database.remove())

  it('knows every certificate of an administrator, the oldest first', async () => {
    const store = await database.open()
    const bob = { ...alice, serial: '01AA', name: 'bob', createdAt: '2026-02-01T00:00:00.000Z', issuedBy: 'alice' }
    const again = { ...alice, serial: '01AC', createdAt: '2026-03-01T00:00:00.000Z' }
    await store.commit([bob, again, alice].map((administrator) => ({ change: 'add-administrator', administrator })))
    const revoked = { revokedAt: EARLY, revokedBy: 'bob', lastUsedAt: EARLY }
    await store.commit([{ change: 'set-administrator', serial: '01AB', to: revoked }])
    expect(await store.administrators()).toEqual([{ ...alice, ...revoked }, bob, again])
    expect(await store.administrator('01AA')).toEqual(bob)
    expect(await store.administrator('01AD')).toBeUndefined()
    await store.close()
  })

  it('gives one session for a login code, at whichever controller, and however often it is exchanged at once', async () => {
    const stores = await database.openTwice()
    const [a, b] = stores.map((store) => ({ store, now: () => new Date(EARLY), log() {} }) as never) as [never, never]
    const person = { name: 'oidc:ann', grants: [{ role: 'viewer', project: null } as const] }
    const { code } = await createLoginCode(a, { ...person, kind: 'cookie', address: '10.0.0.1' })
    // An earlier build, which knows no codes, looks up what a browser sends under this hash.
    expect(await stores[0].userSession(hashOf(code))).toBeUndefined()
    const attempts = Array.from({ length: 20 }, (_, at) =>
      exchangeLoginCode(at % 2 === 0 ? a : b, code, `10.0.0.${at}`),
    )
    const done = (await Promise.allSettled(attempts)).flatMap((each) =>
      each.status === 'fulfilled' ? [each.value] : [],
    )
    expect(done).toHaveLength(1)
    const sessions = await stores[1].userSessions()
    expect(sessions).toEqual([done[0]?.session])
    expect(sessions).toMatchObject([{ ...person, isCode: false, holder: null }])
    for (const store of new Set(stores)) await store.close()
  })

  it('lists the one set of credentials that an earlier build issued for a cluster, as far as it is known', async () => {
    const cluster = (id: string, settings: string) =>
      `INSERT INTO clusters (id, name, state, settings, desired, attempt, created_at)
       VALUES ('${id}', 'of-${id}', 'NEW', '${settings}', 'none', 0, '2026-01-01T12:00:00.000Z');`
    const node = (id: string, at: string) =>
      `INSERT INTO nodes (id, cluster_id, name, address, state, silent, roles, disks, warnings, agent_version, boot_id,
         attempt, generation, up_seq, down_seq, created_at)
       VALUES ('${id}', 'c-a', '${id}', '10.0.0.1', 'READY', 'no', '[]', '[]', '[]', '1', 'b', 0, 1, 1, 1, '${at}');
       INSERT INTO enrolments (fingerprint, node_id, installer, public_key, state, created_at)
       VALUES ('f-${id}', '${id}', 'c-a', 'k', 'approved', '${at}');`
    await database.sql(`${EARLIER[backend.name]}
      ${cluster('c-a', '{"installerTtlDays":30}')} ${cluster('c-b', '{}')}
      ${node('n-a', '2026-01-02T00:00:00.000Z')} ${node('n-b', '2026-01-03T00:00:00.000Z')}`)
    const store = await database.open()
    const unknown = { serial: null, issuedBy: null, maxNodes: null, revokedAt: null, revokedBy: null }
    const createdAt = '2026-01-01T12:00:00.000Z'
    expect((await store.cluster('c-a'))?.credentials).toEqual([
      {
        ...{ ...unknown, name: 'of-c-a', createdAt, expiresAt: '2026-01-31T11:50:00Z' },
        ...{ enrolled: 2, lastUsedAt: '2026-01-03T00:00:00.000Z' },
      },
    ])
    expect((await store.cluster('c-b'))?.credentials).toEqual([
      { ...unknown, name: 'of-c-b', createdAt, expiresAt: '2027-01-01T11:50:00Z', enrolled: 0, lastUsedAt: null },
    ])
    expect(await store.administrators()).toEqual([])
    await store.close()
  })
})
