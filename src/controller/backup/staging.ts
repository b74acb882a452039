import { constants } from 'node:fs'
import { chown, type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { AgentError } from '../../base/agent-error.ts'
import { syncDirectory } from '../../base/durable-file.ts'
import type { Part } from './archive.ts'
import { safePath } from './data-files.ts'

/** A directory beside the data directory, which takes its place when it is complete. */
export interface Staging {
  directory: string
  write(part: Extract<Part, { file: unknown }>): Promise<void>
  publish(): Promise<void>
  discard(): Promise<void>
}

/** Removes what an interrupted restore left. */
export async function openStaging(dataDirectory: string): Promise<Staging> {
  const target = resolve(dataDirectory)
  const directory = join(dirname(target), `.${basename(target)}.restoring`)
  const discard = () => rm(directory, { recursive: true, force: true })
  await discard()
  await mkdir(dirname(directory), { recursive: true })
  // Fails if somebody else has created it, and could read the keys.
  await mkdir(directory, { mode: 0o700 })
  return {
    directory,
    discard,
    async write({ file: { path, mode }, content }) {
      const to = join(directory, safePath(path))
      await mkdir(dirname(to), { recursive: true, mode: 0o700 })
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW
      const file = await open(to, flags, mode & 0o755)
      await naming(to, () => writeDurably(file, content)).finally(() => file.close())
    },
    async publish() {
      const owner = await stat(target).catch(() => undefined)
      await finish(directory, owner)
      await naming(target, () => rename(directory, target))
      syncDirectory(dirname(target))
    },
  }
}

/** A restore never replaces a controller. */
export async function refuseUsed(dataDirectory: string): Promise<void> {
  const found = await readdir(dataDirectory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const [name] = found
  if (name === undefined) return
  throw new AgentError('restore/not-empty', `${dataDirectory} is not empty: it contains ${name}`, {
    fix: 'pass a directory that does not exist, or move the old one away',
    kind: 'invalid',
  })
}

async function writeDurably(file: FileHandle, content: AsyncIterable<Buffer> | Iterable<Buffer>): Promise<void> {
  for await (const chunk of content) await file.writeFile(chunk)
  await file.sync()
}

/** Gives everything to the owner of the directory that it replaces, and syncs directories from the inside out. */
async function finish(path: string, owner: { uid: number; gid: number } | undefined): Promise<void> {
  for (const entry of await readdir(path, { withFileTypes: true })) {
    const inside = join(path, entry.name)
    if (entry.isDirectory()) await finish(inside, owner)
    else if (owner) await chown(inside, owner.uid, owner.gid)
  }
  if (owner) await chown(path, owner.uid, owner.gid)
  syncDirectory(path)
}

async function naming<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw error instanceof Error && 'syscall' in error ? Object.assign(error, { path }) : error
  }
}
