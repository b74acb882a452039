import type { KeyObject } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { ReadEntry } from 'tar'
import { badBundle } from './error.ts'
import { checkFile, extra, missing, wrongSize } from './file-check.ts'
import { type BundleFile, MANIFEST_NAME, MAX_MANIFEST_BYTES, SIGNATURE_NAME } from './format.ts'
import { readManifest, type VerifiedManifest } from './manifest.ts'

const CHUNK_BYTES = 1024 * 1024
const MAX_ENTRIES = 2_000

/**
 * The tar form, checked while it streams by: an entry that the signed manifest does not name, that is no regular file,
 * or that is longer than it may be ends the reading before anything of it is written.
 */
export async function verifyTar(
  path: string,
  publicKey: KeyObject,
  copyTo?: string,
): Promise<VerifiedManifest & { bytes: Buffer; signature: string }> {
  const { bytes, signature } = await readHead(path)
  const verified = readManifest(bytes, signature, publicKey)
  const wanted = new Map<string, BundleFile>(verified.manifest.files.map((file) => [file.path, file]))
  const directories = new Set(verified.manifest.files.flatMap((file) => parentsOf(file.path)))
  await readEntries(path, (entry, name) => {
    if (entry.type === 'Directory' && (name === '.' || directories.has(name))) return skip(entry)
    if (name === MANIFEST_NAME || name === SIGNATURE_NAME) return skip(entry)
    const file = wanted.get(name)
    if (file === undefined) throw extra(name)
    wanted.delete(name)
    if (entry.size !== file.size) throw wrongSize(file, String(entry.size))
    const check = checkFile(file, copyTo)
    return { write: (chunk) => check.write(chunk), end: () => check.finish(), abandon: () => check.abandon() }
  })
  const [first] = wanted.keys()
  if (first !== undefined) throw missing(first)
  return { ...verified, bytes, signature }
}

interface Reader {
  write(chunk: Buffer): void
  end(): void
  abandon(): void
}

const IGNORE: Reader = { write: () => undefined, end: () => undefined, abandon: () => undefined }
const skip = (_: ReadEntry): Reader => IGNORE

/** Manifest and signature, wherever they lie; a tar of ours has them first, and reading ends there. */
async function readHead(path: string): Promise<{ bytes: Buffer; signature: string }> {
  const found = new Map<string, Buffer>()
  await readEntries(
    path,
    (entry, name) => {
      if (name !== MANIFEST_NAME && name !== SIGNATURE_NAME) return IGNORE
      if (found.has(name)) throw badBundle('bad-manifest', `found ${name} more than once in ${path}`)
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

/** Gives each entry's bytes, in order, to the reader that `open` makes for it. */
async function readEntries(
  path: string,
  open: (entry: ReadEntry, name: string) => Reader,
  enough: () => boolean = () => false,
): Promise<void> {
  const { Parser } = await import('tar')
  let failure: unknown
  let openReader: Reader | undefined
  let count = 0
  const seen = new Set<string>()
  const guarded = (act: () => void) => {
    if (failure !== undefined) return
    try {
      act()
    } catch (error) {
      failure = error
      openReader?.abandon()
    }
  }
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      let reader: Reader | undefined
      guarded(() => {
        const name = checkedName(entry)
        if (seen.has(name)) throw badBundle('bad-manifest', `found ${name} more than once in ${path}`)
        seen.add(name)
        count += 1
        if (count > MAX_ENTRIES) throw badBundle('too-large', `found more than ${MAX_ENTRIES} entries in ${path}`)
        reader = openReader = open(entry, name)
      })
      entry.on('data', (chunk) => guarded(() => reader?.write(chunk)))
      entry.on('end', () =>
        guarded(() => {
          openReader = undefined
          reader?.end()
        }),
      )
      entry.resume()
    },
  })
  parser.on('error', (cause: unknown) => {
    failure ??= badBundle('bad-archive', `${path} is damaged or cut short: ${messageOf(cause)}`, undefined, cause)
    openReader?.abandon()
  })
  const stream = createReadStream(path, { highWaterMark: CHUNK_BYTES })
  let first = true
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (first) refuseOtherFormats(path, chunk)
    first = false
    parser.write(chunk)
    if (failure !== undefined || enough()) break
  }
  stream.destroy()
  if (failure === undefined && !enough()) parser.end()
  if (failure === undefined && openReader !== undefined && !enough()) {
    openReader.abandon()
    failure = badBundle('bad-archive', `${path} is cut short`)
  }
  if (failure !== undefined) throw failure
}

/** Compressed archives are refused: a bundle is as large as its manifest says, and read without a decoder in between. */
function refuseOtherFormats(path: string, head: Buffer): void {
  if (head.length >= 512 && head.subarray(257, 262).toString('latin1') === 'ustar') return
  throw badBundle('bad-archive', `${path} is no tar archive; wanted an uncompressed tar or a directory`)
}

function checkedName(entry: ReadEntry): string {
  const name = entry.path.replace(/^\.\//, '').replace(/\/$/, '') || '.'
  const segments = name.split('/')
  if (entry.path.startsWith('/') || segments.includes('..')) {
    throw badBundle('escapes', `found the path ${JSON.stringify(entry.path)}; a file must lie within its bundle`)
  }
  if (entry.type !== 'File' && entry.type !== 'Directory') {
    throw badBundle('escapes', `${name} is of type ${entry.type}; a bundle holds regular files only`)
  }
  return name
}

function parentsOf(path: string): string[] {
  const segments = path.split('/').slice(0, -1)
  return segments.map((_, index) => segments.slice(0, index + 1).join('/'))
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
