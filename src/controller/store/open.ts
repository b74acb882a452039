import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { AgentError } from '../../base/agent-error.ts'
import { command } from '../../base/command.ts'
import type { Store } from './port.ts'

export interface StorePlace {
  dataDirectory: string
  /** URL of a PostgreSQL database, and the environment that says more about it; by default a file in the data directory. */
  database?: { url: string; env: NodeJS.ProcessEnv } | undefined
}

export const databaseFile = (dataDirectory: string) => join(dataDirectory, 'controller.db')

/** Opens the store exclusively. Loads the code of a backend only if it is used. */
export async function openStore({ dataDirectory, database }: StorePlace): Promise<Store> {
  const file = databaseFile(dataDirectory)
  if (!database) return openFile(file)
  if (existsSync(file)) {
    const message = `${file} has the clusters and nodes of this data directory, which --database would leave behind`
    const fix = command`controller database migrate --data ${dataDirectory} --to ${database.url}`
    throw new AgentError('store/two-databases', message, { fix, kind: 'invalid' })
  }
  return openDatabaseOf(database)
}

export async function openFile(path: string): Promise<Store> {
  const { openSqliteStore } = await import('./sqlite/store.ts')
  return openSqliteStore(path)
}

export async function openDatabaseOf(database: { url: string; env: NodeJS.ProcessEnv }): Promise<Store> {
  const { openPostgresStore } = await import('./postgres/store.ts')
  return openPostgresStore(database)
}
