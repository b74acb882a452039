import type { KeyObject } from 'node:crypto'
import { badBundle } from '../error.ts'
import { type BundleFile, MANIFEST_NAME, MAX_MANIFEST_BYTES, SIGNATURE_NAME } from '../format.ts'
import { readManifest, type VerifiedManifest } from '../manifest.ts'
import { checkFile, extra, missing, wrongSize } from './file-check.ts'
import { IGNORE, readEntries } from './tar-entries.ts'

/**
 * Verifies a tar while reading it. An entry that is not in the signed manifest, is not a regular file, or is larger than the
 * manifest says ends the reading before anything of it is written.
 */
export async function verifyTar(
  path: string,
  publicKey: KeyObject,
  copyTo?: string,
): Promise<VerifiedManifest & { bytes: Buffer; signature: string }> {
  const { bytes, signature } = await readHead(path)
  const verified = readManifest(bytes, signature, publicKey)
  const wanted = new Map<string, BundleFile>(verified.manifest.files.map((file) => [file.path, file]))
  const directories = new Set(['.', ...verified.manifest.files.flatMap((file) => parentsOf(file.path))])
  await readEntries(path, (entry, name) => {
    if (entry.type === 'Directory' && directories.has(name)) return IGNORE
    if (name === MANIFEST_NAME || name === SIGNATURE_NAME) return IGNORE
    const file = wanted.get(name)
    if (file === undefined) throw extra(name)
    wanted.delete(name)
    if (entry.size !== file.size) throw wrongSize(file, String(entry.size))
    return checkFile(file, copyTo)
  })
  const [first] = wanted.keys()
  if (first !== undefined) throw missing(first)
  return { ...verified, bytes, signature }
}

/** Manifest and signature. Cantrip writes them first, so usually only the head of the archive is read. */
async function readHead(path: string): Promise<{ bytes: Buffer; signature: string }> {
  const found = new Map<string, Buffer>()
  await readEntries(
    path,
    (entry, name) => {
      if (name !== MANIFEST_NAME && name !== SIGNATURE_NAME) return IGNORE
      if (entry.size > MAX_MANIFEST_BYTES) {
        throw badBundle('too-large', `found a ${name} of ${entry.size} bytes; wanted at most ${MAX_MANIFEST_BYTES}`)
      }
      const chunks: Buffer[] = []
      return { ...IGNORE, write: (chunk) => chunks.push(chunk), end: () => found.set(name, Buffer.concat(chunks)) }
    },
    () => found.size === 2,
  )
  const bytes = found.get(MANIFEST_NAME)
  const signature = found.get(SIGNATURE_NAME)
  if (!bytes) throw missing(MANIFEST_NAME)
  if (!signature) throw missing(SIGNATURE_NAME)
  return { bytes, signature: signature.toString('utf8') }
}

function parentsOf(path: string): string[] {
  const segments = path.split('/').slice(0, -1)
  return segments.map((_, index) => segments.slice(0, index + 1).join('/'))
}
