import type { KeyObject } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { badBundle, hasCode } from '../error.ts'
import type { VerifiedManifest } from '../manifest.ts'

export interface VerifiedBundle extends VerifiedManifest {
  /** The exact bytes of the manifest, and the text of its signature file. */
  bytes: Buffer
  signature: string
}

/**
 * Verifies a bundle, a directory or a tar, with the builder's public key; throws `bundle/…`. Copies the verified files to
 * `copyTo`, an empty directory, if it is given; not the manifest and its signature.
 */
export async function verifyBundle(source: string, publicKey: KeyObject, copyTo?: string): Promise<VerifiedBundle> {
  if ((await bundleKind(source)) === 'directory') {
    const { verifyDirectory } = await import('./verify-directory.ts')
    return verifyDirectory(source, publicKey, copyTo)
  }
  const { verifyTar } = await import('./verify-tar.ts')
  return verifyTar(source, publicKey, copyTo)
}

/** Which form of a bundle this path is. Throws `bundle/not-found` if it is none. */
export async function bundleKind(source: string): Promise<'directory' | 'file'> {
  const found = await stat(source).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  })
  if (found?.isDirectory()) return 'directory'
  if (found?.isFile()) return 'file'
  const what = found ? 'neither a directory nor a file' : 'nothing'
  throw badBundle(
    'not-found',
    `found ${what} at ${source}; wanted a bundle`,
    'pass a bundle: a directory or a .tar file',
  )
}
