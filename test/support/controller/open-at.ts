import type { Store } from '../../../src/controller/store/port.ts'

/** The store at a path or URL as a controller opens it, in whichever process. */
export async function openAt(where: string): Promise<Store> {
  if (where.startsWith('postgres:')) {
    const { openPostgresStore } = await import('../../../src/controller/store/postgres/store.ts')
    return openPostgresStore({ url: where, env: {} })
  }
  const { openSqliteStore } = await import('../../../src/controller/store/sqlite/store.ts')
  return openSqliteStore(where)
}
