import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Expected, Store } from '../port.ts'
import { carryOut } from './changes.ts'
import { openClaim } from './claim.ts'
import { type Address, parseAddress } from './connect/address.ts'
import { chooseConfig, connect, LIMITS, type Limits, openPool } from './connect/connection.ts'
import { fillPostgres } from './fill.ts'
import { migrate } from './migrate.ts'
import { readsOn } from './reads.ts'
import { snapshotOf } from './snapshot.ts'
import type { Tables } from './tables.ts'

/** Serialization failures and deadlocks, which are rare: the transaction was rolled back. */
const RETRIED = ['40001', '40P01']
const TRIES = 10

export interface PostgresOptions {
  /** postgres://USER@HOST:PORT/DATABASE, without the password; see password.ts. */
  url: string
  env: NodeJS.ProcessEnv
  /** Allows other controllers on the same database, for tests. */
  isShared?: boolean
  limits?: Limits
}

/** Stores everything in one database, which only this controller uses; see docs/adr/0037. */
export async function openPostgresStore({
  url,
  env,
  isShared = false,
  limits = LIMITS,
}: PostgresOptions): Promise<Store> {
  const address = parseAddress(url, env)
  const config = await chooseConfig(address, env, limits)
  const claim = openClaim(() => connect(config, address), address)
  const db = databaseOf(config, address)
  const close = async () => {
    await db.destroy()
    await claim.end()
  }
  const hold = isShared ? async () => undefined : () => claim.hold()
  try {
    await hold()
    // Migrations have no timeout.
    const unlimited = databaseOf({ ...config, query_timeout: 0 }, address)
    await migrate(unlimited, address, limits.statementMs).finally(() => unlimited.destroy())
  } catch (error) {
    await close()
    throw error
  }
  return {
    ...readsOn(db),
    commit: (changes, expected) =>
      retryConflicts(async () => {
        await hold()
        return db
          .transaction()
          .setIsolationLevel('read committed')
          .execute(async (tx) => {
            if (expected && !(await isCurrent(tx, expected))) return false
            await carryOut(tx, changes)
            return true
          })
      }),
    snapshot: () => snapshotOf(db),
    async fill(entries) {
      await hold()
      return fillPostgres(db, entries)
    },
    close,
  }
}

function databaseOf(config: pg.ClientConfig, address: Address): Kysely<Tables> {
  return new Kysely({ dialect: new PostgresDialect({ pool: openPool(config, address) }) })
}

async function isCurrent(tx: Kysely<Tables>, { clusterId, version }: Expected): Promise<boolean> {
  const { numUpdatedRows } = await tx
    .updateTable('cluster_versions')
    .set({ version: version + 1 })
    .where('cluster_id', '=', clusterId)
    .where('version', '=', version)
    .executeTakeFirst()
  return numUpdatedRows === 1n
}

async function retryConflicts<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const isConflict = error instanceof pg.DatabaseError && RETRIED.includes(error.code ?? '')
      if (!isConflict || attempt === TRIES) throw error
    }
  }
}
