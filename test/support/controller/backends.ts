import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Store } from '../../../src/controller/store/port.ts'
import { openPostgresStore } from '../../../src/controller/store/postgres/store.ts'
import { PostgresServer } from '../postgres.ts'
import { openAt } from './open-at.ts'

/** An empty database of a backend. */
export interface Database {
  /** A path or a URL. */
  where: string
  /** Opens it exclusively, like a controller. */
  open(): Promise<Store>
  /** Two stores of the same database; the same store twice if the backend belongs to one process. */
  openTwice(): Promise<readonly [Store, Store]>
  /** With SQLite only while no store is open. */
  sql(text: string): Promise<void>
  /** Only while no store is open. */
  tables(): Promise<string[]>
  remove(): Promise<void>
}

export interface Backend {
  name: string
  start(): Promise<void>
  stop(): Promise<void>
  database(): Promise<Database>
  /** Kills the server and starts it again. Absent if there is no server. */
  cutServer?(): Promise<void>
}

export function sqliteBackend(): Backend {
  const database = async (): Promise<Database> => {
    const directory = mkdtempSync(join(tmpdir(), 'store-'))
    const path = join(directory, 'controller.db')
    const open = () => openAt(path)
    return {
      where: path,
      open,
      openTwice: async () => {
        const store = await open()
        return [store, store]
      },
      sql: async (text) => {
        using sql = new DatabaseSync(path)
        sql.exec(text)
      },
      tables: async () => {
        const sql = new DatabaseSync(path)
        const found = sql
          .prepare("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
          .all()
        sql.close()
        return found.map(({ name }) => String(name))
      },
      remove: async () => rmSync(directory, { recursive: true }),
    }
  }
  return { name: 'SQLite', start: async () => undefined, stop: async () => undefined, database }
}

/** `isDurable`: it may be killed, and syncs what it writes. */
export function postgresBackend({ isDurable = false } = {}): Backend {
  let server: PostgresServer | undefined
  let count = 0
  const started = () => {
    if (!server) throw new Error('the server is not up')
    return server
  }
  return {
    name: 'PostgreSQL',
    start: async () => {
      // What the controller itself asks for is stricter.
      server = await PostgresServer.start({
        settings: ['synchronous_commit = off', `fsync = ${isDurable ? 'on' : 'off'}`],
      })
    },
    stop: async () => server?.remove(),
    cutServer: async () => {
      await started().kill()
      await started().boot()
    },
    database: async () => {
      const name = `cantrip_${++count}`
      const url = await started().createDatabase(name)
      const shared = () => openPostgresStore({ url, env: {} })
      return {
        where: url,
        open: () => openAt(url),
        openTwice: () => Promise.all([shared(), shared()]),
        sql: async (text) => void (await started().query(name, text)),
        tables: async () => {
          const found = await started().query(name, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
          return found.map(({ tablename }) => String(tablename))
        },
        remove: async () => void (await started().query('postgres', `DROP DATABASE ${name} WITH (FORCE)`)),
      }
    },
  }
}
