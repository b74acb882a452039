import { existsSync, renameSync, rmSync } from 'node:fs'
import { AgentError } from '../../base/agent-error.ts'
import { syncDirectory } from '../../base/durable-file.ts'
import type { Summary } from './entries.ts'
import { databaseFile, openDatabaseOf, openFile, type StorePlace } from './open.ts'
import type { Store } from './port.ts'

export type Move = Required<StorePlace> & { database: { url: string; env: NodeJS.ProcessEnv } }

/**
 * Copies all records of the data directory's file to a PostgreSQL database that is empty, or has exactly these records, and then
 * renames the file to `<file>.moved`. The file is locked: no controller uses it meanwhile.
 */
export async function moveToDatabase({ dataDirectory, database }: Move): Promise<Summary & { kept: string }> {
  const file = databaseFile(dataDirectory)
  if (!existsSync(file)) {
    throw new AgentError('store/no-file', `there is no ${file}`, {
      fix: 'pass the --data directory of a controller that was started without --database',
      kind: 'invalid',
    })
  }
  const kept = `${file}.moved`
  const summary = await copy(
    () => openFile(file),
    () => openDatabaseOf(database),
  )
  renameSync(file, kept)
  syncDirectory(dataDirectory)
  return { ...summary, kept }
}

/** Copies all records of a PostgreSQL database to the data directory's file, which must not exist. The database is left as it is. */
export async function moveFromDatabase({ dataDirectory, database }: Move): Promise<Summary & { kept: string }> {
  const file = databaseFile(dataDirectory)
  if (existsSync(file)) {
    throw new AgentError('store/file-exists', `${file} exists, and is not replaced`, {
      fix: 'pass the --data directory of a controller that was started with --database',
      kind: 'invalid',
    })
  }
  const copyPath = `${file}.moving`
  const remove = () => {
    for (const suffix of ['', '-wal', '-shm', '.snapshot']) rmSync(`${copyPath}${suffix}`, { force: true })
  }
  remove()
  try {
    const openSource = async () => {
      const source = await openDatabaseOf(database)
      await refuseRunning(source).catch(async (error: unknown) => {
        await source.close()
        throw error
      })
      return source
    }
    const summary = await copy(openSource, () => openFile(copyPath))
    renameSync(copyPath, file)
    syncDirectory(dataDirectory)
    return { ...summary, kept: database.url }
  } catch (error) {
    remove()
    throw error
  }
}

/** What they commit after the copy would be lost. */
async function refuseRunning({ shared }: Store): Promise<void> {
  if (!shared) return
  await shared.register({ place: 'database migrate', urls: [], version: '' })
  const { controllers } = await shared.beat()
  await shared.leave()
  if (controllers.length === 1) return
  throw new AgentError('store/locked', 'controllers are using the database', {
    fix: 'stop them, wait for 15 seconds if one was killed, and run the same command again',
    kind: 'invalid',
  })
}

async function copy(openSource: () => Promise<Store>, openTarget: () => Promise<Store>): Promise<Summary> {
  const source = await openSource()
  try {
    const target = await openTarget()
    try {
      return await target.fill(source.snapshot())
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}
