import { Kysely, PostgresDialect } from 'kysely'
import pg from 'pg'
import type { Expected, Store } from '../port.ts'
import type { Notice } from '../shared.ts'
import { auditOn } from './audit.ts'
import { carryOut } from './changes.ts'
import { type Address, parseAddress } from './connect/address.ts'
import { chooseConfig, connect, LIMITS, type Limits, openPool } from './connect/connection.ts'
import { failureOf } from './connect/failures.ts'
import { fillPostgres } from './fill.ts'
import { migrate } from './migrate.ts'
import { readsOn } from './reads.ts'
import { openShared } from './shared/shared.ts'
import { snapshotOf } from './snapshot.ts'
import { sweepsOn } from './sweep.ts'
import type { Tables } from './tables.ts'

/** Serialization failures and deadlocks, which are rare: the transaction was rolled back. */
const RETRIED = ['40001', '40P01']
const TRIES = 10

export interface PostgresOptions {
  /** postgres://USER@HOST:PORT/DATABASE, without the password; see password.ts. */
  url: string
  env: NodeJS.ProcessEnv
  limits?: Limits
}

/** Stores everything in one database, which several controllers can use; see docs/adr/0037 and 0045. */
export async function openPostgresStore({ url, env, limits = LIMITS }: PostgresOptions): Promise<Store> {
  const address = parseAddress(url, env)
  const config = await chooseConfig(address, env, limits)
  const db = databaseOf(config, address)
  const { shared, announce, end } = openShared(
    db,
    () => connect(config, address),
    (error) => failureOf(error, address),
  )
  const close = async () => {
    await end()
    await db.destroy()
  }
  try {
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
      retryConflicts(() =>
        db
          .transaction()
          .setIsolationLevel('read committed')
          .execute(async (tx) => {
            if (expected && !(await isCurrent(tx, expected))) return false
            await carryOut(tx, changes)
            if (expected) await announce(tx, noticeOf(expected))
            return true
          }),
      ),
    ...auditOn(db),
    ...sweepsOn(db),
    snapshot: () => snapshotOf(db),
    fill: (entries) => fillPostgres(db, entries),
    shared,
    close,
  }
}

function databaseOf(config: pg.ClientConfig, address: Address): Kysely<Tables> {
  return new Kysely({ dialect: new PostgresDialect({ pool: openPool(config, address) }) })
}

async function isCurrent(tx: Kysely<Tables>, { clusterId, version, lease }: Expected): Promise<boolean> {
  const update = tx
    .updateTable('cluster_versions')
    .set({ version: version + 1 })
    .where('cluster_id', '=', clusterId)
    .where('version', '=', version)
  const { numUpdatedRows } = await (lease === undefined ? update : update.where('lease', '=', lease)).executeTakeFirst()
  return numUpdatedRows === 1n
}

function noticeOf({ clusterId, touched, isUndecided }: Expected): Notice {
  return {
    kind: 'cluster',
    id: clusterId,
    ...(touched && { nodes: [...touched] }),
    ...(isUndecided && { undecided: true }),
  }
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
