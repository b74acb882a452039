import { isDeepStrictEqual } from 'node:util'
import * as z from 'zod/mini'
import { writeDurably } from '../../base/durable-file.ts'
import { readGiven } from '../../host/linux/files/read-given.ts'
import { badBundle, hasCode } from '../error.ts'
import { linesOf } from '../intake/problems.ts'
import type { SourceContext } from '../sources/source.ts'

const MAX_BYTES = 4 * 1024 * 1024
const MAX_ENTRIES = 2_000

const LockedFile = z.object({
  /** Where the project publishes it, also if it was downloaded from a mirror. */
  url: z.string(),
  size: z.number(),
  sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)),
  /** The names of the published checksum files that agree. Empty: the project publishes none for it. */
  verifiedBy: z.array(z.string()),
  /** By whom it is signed, as far as that was checked when the lock was written. */
  signatures: z.optional(z.array(z.string())),
  /** Paths in the bundle. */
  gives: z.array(z.string()),
})
const LockedImage = z.object({
  name: z.string(),
  /** Of the index or manifest that the tag refers to. */
  digest: z.string().check(z.regex(/^sha256:[0-9a-f]{64}$/)),
  /** Of all blobs for the architecture. */
  size: z.number(),
  signatures: z.optional(z.array(z.string())),
})
const Lock = z.object({
  format: z.literal(1),
  kubernetesVersion: z.string(),
  arch: z.enum(['x64', 'arm64']),
  files: z.array(LockedFile).check(z.maxLength(MAX_ENTRIES)),
  images: z.array(LockedImage).check(z.maxLength(MAX_ENTRIES)),
})

export type LockedFile = z.infer<typeof LockedFile>
export type LockedImage = z.infer<typeof LockedImage>
/** What a bundle is built from, for people to review: a build with it takes nothing else. */
export type Lock = z.infer<typeof Lock>

/** Undefined if there is no such file, unless it is `required`. Throws `bundle/bad-lock`, or `bundle/…` of readGiven. */
export async function readLock(
  path: string,
  context: Pick<SourceContext, 'arch' | 'versions'>,
  required = false,
): Promise<Lock | undefined> {
  const file = { path, what: 'lock file', code: 'bundle', maxBytes: MAX_BYTES, isSecret: false, ifMissing: WRITE }
  const text = await readGiven(file).catch((error: unknown) => {
    if (!required && hasCode(error, 'bundle/missing')) return undefined
    throw error
  })
  if (text === undefined) return undefined
  const lock = Lock.safeParse(parsed(text))
  if (!lock.success) {
    throw badBundle('bad-lock', `${path} is not a lock file of format 1`, REPLACE)
  }
  const { kubernetesVersion, arch } = lock.data
  if (kubernetesVersion !== context.versions.kubernetes || arch !== context.arch) {
    const wanted = `${context.versions.kubernetes} and ${context.arch}`
    throw badBundle('bad-lock', `${path} is for ${kubernetesVersion} and ${arch}; wanted ${wanted}`, REPLACE)
  }
  return lock.data
}

const WRITE = 'correct --lock, or leave --locked out once: the build then writes the file, for you to review'
const REPLACE =
  'pass the lock file of this version and architecture, or replace it and review the difference: without --locked, with --update-lock'

/** In an order that depends only on the content, so that two locks can be compared line by line. */
export function writeLock(path: string, lock: Lock): void {
  const files = lock.files.toSorted((a, b) => (a.url < b.url ? -1 : 1))
  const images = lock.images.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  writeDurably(path, `${JSON.stringify({ ...lock, files, images }, undefined, 2)}\n`)
}

/** Throws `bundle/bad-lock` if a lock of what was taken would not be the same. What confirms it is no part of that. */
export function requireSame(path: string, lock: Lock, taken: Lock): void {
  const of = ({ files, images }: Lock) => [
    ...files.map(({ verifiedBy: _, signatures: __, ...file }) => file),
    ...images.map(({ signatures: _, ...image }) => image),
  ]
  const wanted = of(lock)
  const changed = of(taken).filter((each) => !wanted.some((one) => isDeepStrictEqual(one, each)))
  if (changed.length === 0) return
  const names = changed.map((each) => ('url' in each ? each.url : each.name))
  throw badBundle('bad-lock', linesOf(`${path} would change: ${changed.length} of its entries differ`, names), REPLACE)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
