import type { KeyObject } from 'node:crypto'
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { syncDirectory } from '../base/durable-file.ts'
import { hasCode } from './error.ts'
import { exists } from './exists.ts'
import { type BundleManifest, MANIFEST_NAME, SIGNATURE_NAME } from './format.ts'
import { decodePublicKey, encodePublicKey } from './keys.ts'
import { readManifest } from './manifest.ts'
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
 * Copies a bundle to `<data>/bundles/<manifest sha256>/` and verifies it on the way; the builder's key is written to
 * `<manifest sha256>.pub`. The directory appears only when it is complete. An existing one is replaced, because it may be
 * damaged.
 */
export async function importBundle(
  source: string,
  dataDirectory: string,
  trustedKey: KeyObject,
  now: Date,
): Promise<StoredBundle> {
  const root = join(dataDirectory, 'bundles')
  await mkdir(root, { recursive: true, mode: 0o700 })
  await removeAbandoned(root, now)
  const staging = await mkdtemp(join(root, 'import-'))
  try {
    const copy = join(staging, 'bundle')
    await mkdir(copy, { mode: 0o755 })
    const verified = await verifyBundle(source, trustedKey, copy)
    await writeFile(join(copy, MANIFEST_NAME), verified.bytes)
    await writeFile(join(copy, SIGNATURE_NAME), verified.signature)
    const directory = join(root, verified.manifestSha256)
    const publicKey = encodePublicKey(trustedKey)
    await writeFile(`${directory}.pub`, `${publicKey}\n`)
    if (await exists(directory)) await rename(directory, join(staging, 'replaced'))
    await rename(copy, directory)
    syncDirectory(root)
    return { manifest: verified.manifest, manifestSha256: verified.manifestSha256, publicKey, directory }
  } finally {
    await rm(staging, { recursive: true, force: true })
  }
}

/** The bundles in a controller's data directory, newest first. */
export async function listBundles(dataDirectory: string): Promise<StoredBundle[]> {
  const root = join(dataDirectory, 'bundles')
  const names = await readdir(root).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return []
    throw error
  })
  const found = await Promise.all(names.filter((name) => SHA256.test(name)).map((name) => readStored(join(root, name))))
  return found.sort((a, b) => b.manifest.createdAt.localeCompare(a.manifest.createdAt))
}

async function readStored(directory: string): Promise<StoredBundle> {
  const bytes = await readFile(join(directory, MANIFEST_NAME))
  const signature = await readFile(join(directory, SIGNATURE_NAME), 'utf8')
  const publicKey = (await readFile(`${directory}.pub`, 'utf8')).trim()
  return { ...readManifest(bytes, signature, decodePublicKey(publicKey)), publicKey, directory }
}

/** Removes the files of interrupted imports. A running import is younger than an hour. */
async function removeAbandoned(root: string, now: Date): Promise<void> {
  const HOUR_MS = 3_600_000
  for (const name of await readdir(root)) {
    if (!name.startsWith('import-')) continue
    const path = join(root, name)
    if (now.getTime() - (await stat(path)).mtimeMs > HOUR_MS) await rm(path, { recursive: true, force: true })
  }
}
