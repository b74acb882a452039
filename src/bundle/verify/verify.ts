import type { KeyObject } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { badBundle, hasCode } from '../error.ts'
import type { VerifiedManifest } from '../manifest.ts'

export interface VerifiedBundle extends VerifiedManifest {
  /** The manifest's exact bytes and its signature file's text. */
  bytes: Buffer
  signature: string
}

/**
 * Checks a bundle, a directory or a tar, against its builder's key; throws AgentError `bundle/…`. With `copyTo`, an
 * empty directory, the files that were checked are written there as they are read (manifest and signature are not).
 */
export async function verifyBundle(source: string, publicKey: KeyObject, copyTo?: string): Promise<VerifiedBundle> {
  const found = await stat(source).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  })
  if (found?.isDirectory()) {
    const { verifyDirectory } = await import('./verify-directory.ts')
    return verifyDirectory(source, publicKey, copyTo)
  }
  if (found?.isFile()) {
    const { verifyTar } = await import('./verify-tar.ts')
    return verifyTar(source, publicKey, copyTo)
  }
  const what = found ? 'neither a directory nor a file' : 'nothing'
  throw badBundle(
    'not-found',
    `found ${what} at ${source}; wanted a bundle`,
    'name a bundle: a directory or a .tar file',
  )
}
