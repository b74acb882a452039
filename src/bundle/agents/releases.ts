import { createHash, type KeyObject } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { lstat, mkdir, mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { syncDirectory, writeDurably } from '../../base/durable-file.ts'
import { badBundle, hasCode } from '../error.ts'
import { isSigned } from '../keys.ts'
import { AgentRelease, RELEASE_NAME, RELEASE_SIGNATURE_NAME } from './format.ts'
import { hashing } from './hashing.ts'

export interface StoredRelease extends AgentRelease {
  /** SHA-256 of agents.json. */
  id: string
  directory: string
}

const MAX_BYTES = 64 * 1024
const ID = /^[0-9a-f]{64}$/

/** Beside the executables that join commands send. */
const rootOf = (dataDirectory: string) => join(dataDirectory, 'agents')

/**
 * Copies a release to `<data>/agents/<SHA-256 of its manifest>/`, and verifies it on the way. The directory appears only when it is
 * complete. Throws `bundle/bad-signature`, `bundle/bad-manifest` or `bundle/wrong-hash`.
 */
export async function importRelease(source: string, dataDirectory: string, key: KeyObject): Promise<StoredRelease> {
  const [bytes, signature] = await Promise.all([
    readSmall(source, RELEASE_NAME),
    readSmall(source, RELEASE_SIGNATURE_NAME),
  ])
  if (!isSigned(bytes, signature.toString('utf8'), key)) {
    throw badBundle(
      'bad-signature',
      `${RELEASE_SIGNATURE_NAME} is not a signature of ${RELEASE_NAME} by the given key: the release was changed, or signed with another key`,
      "check that --key is the public key of the release's builder; if it is, copy the release again",
    )
  }
  const release = parse(bytes)
  const id = createHash('sha256').update(bytes).digest('hex')
  const root = rootOf(dataDirectory)
  await mkdir(root, { recursive: true, mode: 0o700 })
  const staging = await mkdtemp(join(root, 'import-'))
  try {
    const copy = join(staging, 'release')
    await mkdir(copy, { mode: 0o755 })
    for (const file of release.files) {
      const { pass, result } = hashing()
      const target = createWriteStream(join(copy, file.path), { mode: 0o644, flush: true })
      await pipeline(createReadStream(join(source, file.path)), pass, target)
      const found = result()
      if (found.sha256 === file.sha256 && found.size === file.size) continue
      const message = `${file.path} has the SHA-256 sum ${found.sha256}; ${RELEASE_NAME} says ${file.sha256}`
      throw badBundle('wrong-hash', message, 'copy the release again')
    }
    writeDurably(join(copy, RELEASE_SIGNATURE_NAME), signature)
    writeDurably(join(copy, RELEASE_NAME), bytes)
    const directory = join(root, id)
    await rm(directory, { recursive: true, force: true })
    await rename(copy, directory)
    syncDirectory(root)
    return { ...release, id, directory }
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** The imported releases, the newest first. */
export async function listReleases(dataDirectory: string): Promise<StoredRelease[]> {
  const root = rootOf(dataDirectory)
  const names = await readdir(root).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return []
    throw error
  })
  const found = await Promise.all(
    names
      .filter((name) => ID.test(name))
      .map(async (id) => {
        const directory = join(root, id)
        return { ...parse(await readSmall(directory, RELEASE_NAME)), id, directory }
      }),
  )
  return found.sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))
}

/** By its version, or the first 12 or more digits of its id. Throws `bundle/unknown` if there is none. */
export async function removeRelease(query: string, dataDirectory: string): Promise<StoredRelease> {
  const release = (await listReleases(dataDirectory)).find((each) => isNamed(each, query))
  if (!release) throw badBundle('unknown', `there is no release ${query} of the agent`, 'controller agents list')
  await rm(release.directory, { recursive: true })
  return release
}

export function isNamed({ version, id }: Pick<StoredRelease, 'version' | 'id'>, query: string): boolean {
  return version === query || (query.length >= 12 && id.startsWith(query))
}

async function readSmall(directory: string, name: string): Promise<Buffer> {
  const path = join(directory, name)
  const found = await lstat(path).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ENOTDIR')) return undefined
    throw error
  })
  if (found?.isFile() && found.size <= MAX_BYTES) return readFile(path)
  throw badBundle(
    'missing-file',
    `${directory} has no ${name}, so it is no release of the agent`,
    'pass the directory that controller agents build has written',
  )
}

function parse(bytes: Buffer): AgentRelease {
  try {
    return AgentRelease.parse(JSON.parse(bytes.toString('utf8')))
  } catch (cause) {
    throw badBundle('bad-manifest', `${RELEASE_NAME} is not the manifest of a release`, undefined, cause)
  }
}
