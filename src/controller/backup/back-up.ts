import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { AgentError } from '../../base/agent-error.ts'
import { listBundles } from '../../bundle/import.ts'
import { type Entries, type Entry, readEntries, type Summary, summing } from '../store/entries.ts'
import { type About, type Part, writeParts } from './archive.ts'
import { bundleFiles, contentOf, isSameFiles, readDataFiles } from './data-files.ts'
import { type Derive, encrypt } from './encryption.ts'
import { writeWhole } from './whole-file.ts'

export interface BackupOrder {
  /** Must not exist. */
  file: string
  passphrase: string
  /** Default: scrypt. */
  derive?: Derive
  dataDirectory: string
  /** The records of the running controller, as of the time of the first entry. */
  records(): AsyncIterable<unknown>
  withBundles: boolean
  now: Date
  version: string
}

export interface BackupReport extends About {
  counts: Summary['counts']
  files: number
  bytes: number
  /** Of the encrypted file. */
  sha256: string
}

const TRIES = 5

/** Writes an encrypted backup of a controller. The file appears only when it is complete and durable. */
export async function backUp(order: BackupOrder): Promise<BackupReport> {
  refuseInside(order)
  const { bundles } = await listBundles(order.dataDirectory)
  const named = bundles.map(({ manifest: { name }, manifestSha256 }) => ({ name, manifestSha256 }))
  const about = {
    createdAt: order.now.toISOString(),
    version: order.version,
    bundlesLeftOut: order.withBundles ? [] : named,
  }
  const { files, entries } = await consistent(order)
  const paths = order.withBundles ? await bundleFiles(order.dataDirectory) : []
  const records = summing(entries)
  let summary: Summary | undefined
  async function* parts(): AsyncGenerator<Part> {
    yield { about }
    for (const { path, mode, content } of files)
      yield { file: { path, mode, size: content.length }, content: [content] }
    for (;;) {
      const { done, value } = await records.next()
      if (done) {
        summary = value
        break
      }
      yield { entry: value }
    }
    for (const path of paths) yield await bundleFile(order.dataDirectory, path)
    yield { end: true }
  }
  const hash = createHash('sha256')
  let bytes = 0
  await writeWhole(order.file, async function* () {
    for await (const chunk of encrypt(writeParts(parts()), order.passphrase, order.derive)) {
      hash.update(chunk)
      bytes += chunk.length
      yield chunk
    }
  })
  return {
    ...about,
    counts: summary?.counts ?? {},
    files: files.length + paths.length,
    bytes,
    sha256: hash.digest('hex'),
  }
}

/** Each backup would contain the ones before. */
function refuseInside({ file, dataDirectory }: BackupOrder): void {
  if (relative(resolve(dataDirectory), resolve(file)).startsWith('..')) return
  throw new AgentError(
    'backup/inside-data',
    `${file} is in the data directory ${dataDirectory}, which is what is backed up`,
    {
      fix: 'write it to another directory, and keep a copy on another machine',
      kind: 'invalid',
    },
  )
}

async function bundleFile(directory: string, path: string): Promise<Part> {
  const { mode, size } = await stat(join(directory, path))
  return { file: { path, mode: mode & 0o777, size }, content: contentOf(join(directory, path), size) }
}

/** The records and the files of one moment: the files are the same before and after the records were fixed. */
async function consistent(order: BackupOrder) {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const files = await readDataFiles(order.dataDirectory)
    const entries = readEntries(order.records() as Entries)
    const first = await entries.next()
    if (isSameFiles(files, await readDataFiles(order.dataDirectory)))
      return { files, entries: following(first, entries) }
    await entries.return(undefined)
  }
  throw new AgentError('backup/changing', `the files in ${order.dataDirectory} change all the time`, {
    fix: 'wait until the rotation of keys has ended, and run the same command again',
  })
}

async function* following(first: IteratorResult<Entry, unknown>, rest: AsyncGenerator<Entry>): AsyncGenerator<Entry> {
  if (!first.done) yield first.value
  yield* rest
}
