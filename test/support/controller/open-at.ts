import type { Store } from '../../../src/controller/store/port.ts'

/** Opens the store at a path or URL like a controller, in any process. */
export async function openAt(where: string): Promise<Store> {
  if (where.startsWith('postgres:')) {
    const { openPostgresStore } = await import('../../../src/controller/store/postgres/store.ts')
    return openPostgresStore({ url: where, env: {} })
  }
  const { openSqliteStore } = await import('../../../src/controller/store/sqlite/store.ts')
  return openSqliteStore(where)
}
