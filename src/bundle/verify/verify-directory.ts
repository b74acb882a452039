import type { KeyObject } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { badBundle, hasCode } from '../error.ts'
import { type BundleFile, MANIFEST_NAME, MAX_MANIFEST_BYTES, SIGNATURE_NAME } from '../format.ts'
import { readManifest, type VerifiedManifest } from '../manifest.ts'
import { checkFile, extra, missing, wrongSize } from './file-check.ts'

export const CHUNK_BYTES = 1024 * 1024
const MAX_ENTRIES = 2_000

/** Verifies a directory: exactly the files of the signed manifest, each a regular file with the right size and SHA-256. */
export async function verifyDirectory(
  directory: string,
  publicKey: KeyObject,
  copyTo?: string,
): Promise<VerifiedManifest & { bytes: Buffer; signature: string }> {
  const found = await walk(directory)
  const bytes = await readSmall(directory, MANIFEST_NAME, found)
  const signature = (await readSmall(directory, SIGNATURE_NAME, found)).toString('utf8')
  const verified = readManifest(bytes, signature, publicKey)
  const wanted = new Set([MANIFEST_NAME, SIGNATURE_NAME, ...verified.manifest.files.map((file) => file.path)])
  for (const path of wanted) if (!found.has(path)) throw missing(path)
  for (const path of found) if (!wanted.has(path)) throw extra(path)
  for (const file of verified.manifest.files) await verifyFile(directory, file, copyTo)
  return { ...verified, bytes, signature }
}

/** The relative paths of all files. Throws for anything other than files and directories, so no link is followed. */
async function walk(directory: string): Promise<Set<string>> {
  const files = new Set<string>()
  const pending = ['']
  for (let count = 0; pending.length > 0; ) {
    const at = pending.pop() ?? ''
    for (const entry of await readdir(join(directory, at), { withFileTypes: true })) {
      const path = at === '' ? entry.name : `${at}/${entry.name}`
      count += 1
      if (count > MAX_ENTRIES) throw badBundle('too-large', `found more than ${MAX_ENTRIES} files in ${directory}`)
      if (entry.isDirectory()) pending.push(path)
      else if (entry.isFile()) files.add(path)
      else throw badBundle('escapes', `${path} is a link or a special file; a bundle contains only regular files`)
    }
  }
  return files
}

async function readSmall(directory: string, name: string, found: ReadonlySet<string>): Promise<Buffer> {
  if (!found.has(name)) throw missing(name)
  return withFile(join(directory, name), async (file) => {
    const { size } = await file.stat()
    if (size > MAX_MANIFEST_BYTES) {
      throw badBundle('too-large', `found a ${name} of ${size} bytes; wanted at most ${MAX_MANIFEST_BYTES}`)
    }
    return file.readFile()
  })
}

async function verifyFile(directory: string, file: BundleFile, copyTo?: string): Promise<void> {
  await withFile(join(directory, file.path), async (handle) => {
    const { size } = await handle.stat()
    if (size !== file.size) throw wrongSize(file, String(size))
    const check = checkFile(file, copyTo)
    try {
      for await (const chunk of chunksOf(handle)) check.write(chunk)
    } catch (error) {
      check.abandon()
      throw error
    }
    check.end()
  })
}

/** The buffer is reused: a chunk is valid until the next one is requested. */
async function* chunksOf(handle: FileHandle): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  for (;;) {
    const { bytesRead } = await handle.read(buffer, 0, CHUNK_BYTES)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}

async function withFile<T>(path: string, use: (handle: FileHandle) => Promise<T>): Promise<T> {
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW).catch((cause: unknown) => {
    if (!hasCode(cause, 'ELOOP')) throw cause
    throw badBundle('escapes', `${path} is a link; a bundle contains only regular files`, undefined, cause)
  })
  try {
    return await use(handle)
  } finally {
    await handle.close()
  }
}
