import { type Kysely, sql } from 'kysely'
import { AgentError } from '../../../base/agent-error.ts'
import { command } from '../../../base/command.ts'
import { newerSchema } from '../newer-schema.ts'
import { type Address, shown } from './connect/address.ts'
import { LOCKS } from './locks.ts'
import { MIGRATIONS, OLDEST_COMPATIBLE } from './schema.ts'
import type { Tables } from './tables.ts'

const OLDEST_SERVER = 150_000

/**
 * Updates the schema in one transaction, one controller at a time; waits at most `lockMs` for a lock. Refuses a newer schema
 * that this build cannot use.
 */
export async function migrate(db: Kysely<Tables>, address: Address, lockMs: number): Promise<void> {
  await admit(db, address)
  await db
    .transaction()
    .setIsolationLevel('read committed')
    .execute(async (tx) => {
      await sql`SET LOCAL statement_timeout = 0`.execute(tx)
      await sql`SET LOCAL lock_timeout = ${sql.lit(lockMs)}`.execute(tx)
      await lock(tx, address)
      const found = await versionIn(tx)
      if (found > MIGRATIONS.length) await admitNewer(tx, address, found)
      if (found >= MIGRATIONS.length) return
      for (const migration of MIGRATIONS.slice(found)) await sql.raw(migration).execute(tx)
      await sql`UPDATE schema_version SET version = ${MIGRATIONS.length}, oldest = ${OLDEST_COMPATIBLE}`.execute(tx)
    })
}

async function lock(tx: Kysely<Tables>, address: Address): Promise<void> {
  try {
    await sql`SELECT pg_advisory_xact_lock(${sql.lit(LOCKS.cantrip)}, ${sql.lit(LOCKS.migrations)})`.execute(tx)
  } catch (cause) {
    if (!(cause instanceof AgentError && cause.code === 'store/slow')) throw cause
    const holders = `SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = ${LOCKS.cantrip} AND objid = ${LOCKS.migrations}`
    throw new AgentError('store/migrating', `another controller is updating the schema of ${shown(address)}`, {
      fix: `wait until it has ended, and start again; its session is found with: ${command`psql --dbname ${address.database} --command ${holders}`}`,
      kind: 'unreachable',
      cause,
    })
  }
}

/** While controllers are upgraded one after another, one of an earlier version may start. */
async function admitNewer(tx: Kysely<Tables>, address: Address, found: number): Promise<void> {
  const { rows } = await sql<{ oldest: string }>`SELECT oldest FROM schema_version`.execute(tx)
  if (Number(rows[0]?.oldest) > MIGRATIONS.length) throw newerSchema(shown(address), found, MIGRATIONS.length)
}

/** Creates the table only if it does not exist: CREATE TABLE IF NOT EXISTS would need the privilege at each start. */
async function versionIn(tx: Kysely<Tables>): Promise<number> {
  const { rows } = await sql<{ name: string | null }>`SELECT to_regclass('schema_version') AS name`.execute(tx)
  if (rows[0]?.name === null) {
    await sql
      .raw('CREATE TABLE schema_version (version bigint NOT NULL); INSERT INTO schema_version VALUES (0)')
      .execute(tx)
  }
  const versions = await sql<{ version: string }>`SELECT version FROM schema_version`.execute(tx)
  return Number(versions.rows[0]?.version)
}

async function admit(db: Kysely<Tables>, address: Address): Promise<void> {
  const { rows } = await sql<{ version: string; encoding: string }>`
    SELECT current_setting('server_version_num') AS version, current_setting('server_encoding') AS encoding`.execute(db)
  const { version, encoding } = rows[0] ?? { version: '0', encoding: '' }
  const refused = (found: string, wanted: string, fix: string) =>
    new AgentError('store/unfit-server', `${shown(address)} is ${found}; wanted ${wanted}`, { fix, kind: 'invalid' })
  if (Number(version) < OLDEST_SERVER) {
    throw refused(
      `of PostgreSQL ${Math.floor(Number(version) / 10_000)}`,
      '15 or later',
      'pass the URL of a newer server',
    )
  }
  if (encoding !== 'UTF8') {
    throw refused(
      `encoded as ${encoding}`,
      'UTF8',
      'use another database, created with: createdb --encoding UTF8 --template template0',
    )
  }
}
