import { type FileHandle, open } from 'node:fs/promises'
import { AgentError } from '../../base/agent-error.ts'
import { openChainCheck } from '../../protocol/audit/chain.ts'
import type { AuditHead } from '../../protocol/audit/entry.ts'
import { RESTORED_FILE, type Restored } from '../audit/local/restored.ts'
import { type Entry, readEntries, type Summary } from '../store/entries.ts'
import { databaseFile, openDatabaseOf, openFile, type StorePlace } from '../store/open.ts'
import { AUDIT } from '../store/record-kinds.ts'
import { entryOf } from '../views/audit-page.ts'
import { type About, type Part, readParts } from './archive.ts'
import { safePath } from './data-files.ts'
import { type Derive, decrypt, derivingOnce } from './encryption.ts'
import { damaged } from './errors.ts'
import { openStaging, refuseUsed, type Staging } from './staging.ts'

export interface RestoreOrder extends StorePlace {
  file: string
  passphrase: string
  /** Default: scrypt. */
  derive?: Derive
  now: Date
  /** Otherwise the API tokens of the backup are revoked: some may have been since then. */
  keepsTokens: boolean
}

export interface RestoreReport extends About {
  counts: Summary['counts']
  files: number
  /** The audit log in the backup. `fault`: where it is not as it was written; null if it is. */
  audit: { head: AuditHead | null; fault: string | null }
}

/**
 * Restores a backup into a data directory that is empty or does not exist, and into an empty database if one is given. The whole
 * backup is verified before anything is written. The data directory appears at once, at the end; if the work was interrupted before,
 * the same order completes it.
 */
export async function restore(order: RestoreOrder): Promise<RestoreReport> {
  const handle = await openBackup(order.file)
  try {
    await refuseUsed(order.dataDirectory)
    const derive = derivingOnce(order.derive)
    const parts = () => readParts(decrypt(chunksOf(handle), order.passphrase, derive))
    const { about, files, audit } = await verify(parts())
    const staging = await openStaging(order.dataDirectory)
    try {
      const { counts } = await writeAll(order, parts(), staging)
      await staging.write(
        noteFor({
          ...{ createdAt: about.createdAt, restoredAt: order.now.toISOString() },
          ...{ fault: audit.fault, keepsTokens: order.keepsTokens },
        }),
      )
      await staging.publish()
      return { ...about, counts, files, audit }
    } catch (error) {
      await staging.discard()
      throw error
    }
  } finally {
    await handle.close()
  }
}

async function openBackup(file: string): Promise<FileHandle> {
  try {
    return await open(file, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    throw new AgentError('backup/missing', `${file} does not exist`, {
      fix: 'check the path',
      kind: 'invalid',
      cause: error,
    })
  }
}

/** From the beginning, however often it is called. */
async function* chunksOf(handle: FileHandle): AsyncGenerator<Buffer> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await handle.read({ buffer: Buffer.alloc(256 * 1024), position })
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}

/** For the first start. */
function noteFor(restored: Restored): FilePart {
  const content = Buffer.from(`${JSON.stringify(restored)}\n`)
  return { file: { path: RESTORED_FILE, mode: 0o600, size: content.length }, content: [content] }
}

/** Reads everything, and keeps nothing. */
async function verify(
  parts: AsyncGenerator<Part>,
): Promise<{ about: About; files: number; audit: RestoreReport['audit'] }> {
  let about: About | undefined
  let files = 0
  const rest = async function* (): AsyncGenerator<Part> {
    for await (const part of parts) {
      if ('about' in part) about = part.about
      if ('file' in part) files++
      yield part
    }
  }
  const chain = openChainCheck()
  for await (const entry of readEntries(entriesIn(rest(), async ({ file }) => void safePath(file.path))))
    if (entry[0] === 'record' && entry[1] === AUDIT.table) chain.add(entryOf(AUDIT.parse(entry[2])))
  if (!about) throw damaged('it does not say what it is')
  const { fault, head } = chain.end()
  return { about, files, audit: { head, fault: fault ? `number ${fault.number}: ${fault.reason}` : null } }
}

async function writeAll(order: RestoreOrder, parts: AsyncGenerator<Part>, staging: Staging): Promise<Summary> {
  const { database } = order
  const store = await (database ? openDatabaseOf(database) : openFile(databaseFile(staging.directory)))
  try {
    return await store.fill(entriesIn(parts, staging.write))
  } finally {
    await store.close()
  }
}

type FilePart = Extract<Part, { file: unknown }>

/** The records of a backup; its files are given to `write` on the way. */
async function* entriesIn(parts: AsyncIterable<Part>, write: (part: FilePart) => Promise<void>): AsyncGenerator<Entry> {
  for await (const part of parts) {
    if ('entry' in part) yield part.entry
    if ('file' in part) await write(part)
  }
}
