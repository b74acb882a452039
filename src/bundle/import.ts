import type { KeyObject } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, mkdir, mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { AgentError } from '../base/agent-error.ts'
import { isDiskFull, syncDirectory, writeDurably } from '../base/durable-file.ts'
import { errorMessage } from '../base/text/error-message.ts'
import { proveClosure } from './closure/closure.ts'
import type { OpenFile } from './closure/open-file.ts'
import { makeCopies, publishCopies } from './compression/copies.ts'
import { badBundle, hasCode } from './error.ts'
import { exists } from './exists.ts'
import { type BundleManifest, MANIFEST_NAME, SIGNATURE_NAME } from './format.ts'
import { decodePublicKey, encodePublicKey } from './keys.ts'
import { readManifest } from './manifest.ts'
import { wrongSize } from './verify/file-check.ts'
import { verifyBundle } from './verify/verify.ts'

export interface StoredBundle {
  manifest: BundleManifest
  manifestSha256: string
  /** SPKI DER, base64, as in a BundleRef. */
  publicKey: string
  directory: string
}

const SHA256 = /^[0-9a-f]{64}$/

/**
 * Copies a bundle to `<data>/bundles/<manifest sha256>/` and verifies it on the way, also that it is closed; the builder's key is written to
 * `<manifest sha256>.pub`. The directory appears only when it is complete. An existing one is replaced, because it may be
 * damaged. Compressed copies of its files are made, for the way to the nodes, if there is room for them.
 */
export async function importBundle(
  source: string,
  dataDirectory: string,
  trustedKey: KeyObject,
  now: Date,
  compress: typeof makeCopies = makeCopies,
): Promise<StoredBundle> {
  const root = join(dataDirectory, 'bundles')
  await mkdir(root, { recursive: true, mode: 0o700 })
  await removeAbandoned(root, now)
  const staging = await mkdtemp(join(root, 'import-'))
  try {
    const copy = join(staging, 'bundle')
    await mkdir(copy, { mode: 0o755 })
    const verified = await verifyBundle(source, trustedKey, copy)
    await proveClosure(openFiles(verified.manifest, copy), verified.manifest)
    writeDurably(join(copy, MANIFEST_NAME), Buffer.from(verified.bytes))
    writeDurably(join(copy, SIGNATURE_NAME), verified.signature)
    for (const path of directoriesOf(verified.manifest)) syncDirectory(join(copy, path))
    const copies = join(staging, 'copies')
    // They are left out if the disk has no room for them.
    const hasCopies = await compress(verified.manifest, copy, copies).then(
      () => true,
      async (error: unknown) => {
        if (!isDiskFull(error)) throw error
        await rm(copies, { recursive: true, force: true })
        return false
      },
    )
    const directory = bundleDirectory(dataDirectory, verified.manifestSha256)
    const publicKey = encodePublicKey(trustedKey)
    await rm(deletedDirectory(dataDirectory, verified.manifestSha256), { recursive: true, force: true })
    writeDurably(`${directory}.pub`, `${publicKey}\n`)
    if (await exists(directory)) await rename(directory, join(staging, 'replaced'))
    await rename(copy, directory)
    syncDirectory(root)
    if (hasCopies) await publishCopies(directory, copies)
    return { manifest: verified.manifest, manifestSha256: verified.manifestSha256, publicKey, directory }
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

function openFiles({ files }: BundleManifest, directory: string): OpenFile[] {
  return files.map((file) => ({ ...file, bytes: () => createReadStream(join(directory, file.path)) }))
}

/** The directories with files of the bundle, and their parents, as relative paths. */
function directoriesOf({ files }: BundleManifest): Set<string> {
  const withParents = (path: string): string[] => (path === '.' ? ['.'] : [path, ...withParents(dirname(path))])
  return new Set(files.flatMap((file) => withParents(dirname(file.path))))
}

/** A directory that is not a complete bundle, which is not used. */
export interface DamagedBundle {
  manifestSha256: string
  /** Says what is damaged, and how to repair it. */
  error: AgentError
}

/** Where a bundle is, if it was imported. */
export const bundleDirectory = (dataDirectory: string, manifestSha256: string): string =>
  join(dataDirectory, 'bundles', manifestSha256)

/** Where it is after it was deleted: see deleted.ts. */
export const deletedDirectory = (dataDirectory: string, manifestSha256: string): string =>
  join(dataDirectory, 'bundles', `deleted-${manifestSha256}`)

/** The bundles in a controller's data directory, newest first, and the damaged ones. Contents of files are not read. */
export async function listBundles(
  dataDirectory: string,
): Promise<{ bundles: StoredBundle[]; damaged: DamagedBundle[] }> {
  const root = join(dataDirectory, 'bundles')
  const names = await readdir(root).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return []
    throw error
  })
  const read = (name: string) => readStored(root, name).catch((cause: unknown) => damagedBundle(root, name, cause))
  const found = await Promise.all(names.filter((name) => SHA256.test(name)).map(read))
  const bundles = found.filter((each) => 'manifest' in each)
  return {
    bundles: bundles.sort((a, b) => b.manifest.createdAt.localeCompare(a.manifest.createdAt)),
    damaged: found.filter((each) => 'error' in each),
  }
}

async function readStored(root: string, name: string): Promise<StoredBundle> {
  const directory = join(root, name)
  const bytes = await readFile(join(directory, MANIFEST_NAME))
  const signature = await readFile(join(directory, SIGNATURE_NAME), 'utf8')
  const publicKey = (await readFile(`${directory}.pub`, 'utf8')).trim()
  const read = readManifest(bytes, signature, decodePublicKey(publicKey))
  if (read.manifestSha256 !== name) throw new Error(`its ${MANIFEST_NAME} has the SHA-256 sum ${read.manifestSha256}`)
  for (const file of read.manifest.files) {
    const { size } = await lstat(join(directory, file.path))
    if (size !== file.size) throw wrongSize(file, String(size))
  }
  return { ...read, publicKey, directory }
}

function damagedBundle(root: string, name: string, cause: unknown): DamagedBundle {
  const message = `the stored bundle ${join(root, name)} is damaged, and is not used: ${errorMessage(cause)}`
  const fix = `import it again (controller bundle import), or delete it: controller bundle delete ${name}`
  return { manifestSha256: name, error: badBundle('damaged', message, fix, cause) }
}

/** Removes the files of interrupted imports: those where nothing was written for an hour. */
async function removeAbandoned(root: string, now: Date): Promise<void> {
  const HOUR_MS = 3_600_000
  for (const name of await readdir(root)) {
    if (!name.startsWith('import-')) continue
    const path = join(root, name)
    const writtenMs = await lastWriteMs(path).catch((error: unknown) => {
      // It ends at this moment.
      if (hasCode(error, 'ENOENT')) return now.getTime()
      throw error
    })
    if (now.getTime() - writtenMs > HOUR_MS) await rm(path, { recursive: true, force: true })
  }
}

/** When something below the directory was written last. A directory has only the time of its own entries. */
async function lastWriteMs(directory: string): Promise<number> {
  const below = await readdir(directory, { recursive: true })
  const found = await Promise.all(['.', ...below].map((path) => stat(join(directory, path))))
  return Math.max(...found.map(({ mtimeMs }) => mtimeMs))
}
